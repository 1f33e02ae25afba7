/** Work in slices, so that no task keeps the page from answering. */

const SLICE = 8;

function nextTask(): Promise<void> {
  return new Promise(resolve => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

function nextFrame(): Promise<void> {
  // A page in the background draws no frames.
  return new Promise(resolve => {
    const timer = setTimeout(resolve, 100);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      setTimeout(resolve, 0);
    });
  });
}

/** Do something for each item, and let the page answer in between. */
export async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let start = performance.now();
  for (const item of items) {
    if (performance.now() - start > SLICE) {
      await nextTask();
      start = performance.now();
    }
    work(item);
  }
}

/** Change the page for each item, no more than some of them before it is laid out again. */
export async function inFrames<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => void
): Promise<void> {
  for (let start = 0; start < items.length; start += most) {
    if (start > 0) {
      await nextFrame();
    }
    items.slice(start, start + most).forEach(work);
  }
}

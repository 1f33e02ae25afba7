// A notebook as a link: compressed into the fragment of the address, which browsers never send.

const MARK = "#nb1.";
// Chat programs and trackers cut longer addresses.
export const MOST_LETTERS = 32_000;
const MOST_BYTES = 5_000_000;
const LEVELS = ["explore", "shared", "production"];

async function through(transform, data, most = Infinity) {
  const reader = new Blob([data]).stream().pipeThrough(transform).getReader();
  const parts = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length;
    if (size > most) {
      await reader.cancel();
      throw new Error("too large");
    }
    parts.push(part.value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The fragment of a notebook and its options; an error says that it is too long. */
export async function fragmentOf({ text, name, options }) {
  const data = new TextEncoder().encode(JSON.stringify({ text, name, options }));
  const packed = await through(new CompressionStream("deflate-raw"), data);
  const length = Math.ceil((packed.length * 4) / 3);
  if (length > MOST_LETTERS) {
    throw new Error(
      `too large for a link: ${length} characters (limit ${MOST_LETTERS}). ` +
        "Remove the outputs with `nbprod clean`, or share the file",
    );
  }
  const letters = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""));
  return MARK + letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What a fragment holds; null where it holds no notebook. Anybody can write one: all is checked. */
export async function sharedBy(fragment) {
  if (!fragment.startsWith(MARK)) return null;
  const letters = fragment.slice(MARK.length);
  if (letters.length > MOST_LETTERS || !/^[\w-]+$/.test(letters)) throw new Error("damaged");
  const bytes = atob(letters.replaceAll("-", "+").replaceAll("_", "/"));
  const packed = Uint8Array.from(bytes, (letter) => letter.charCodeAt(0));
  const data = await through(new DecompressionStream("deflate-raw"), packed, MOST_BYTES);
  const found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  const { level, select, ignore, unsafe } = found.options;
  const texts = [found.text, found.name, select, ignore];
  if (texts.some((one) => typeof one !== "string") || !LEVELS.includes(level)) throw new Error("damaged");
  return { text: found.text, name: found.name.slice(0, 200), options: { level, select, ignore, unsafe: unsafe === true } };
}

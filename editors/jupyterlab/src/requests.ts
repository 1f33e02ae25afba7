import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** The server part says why something cannot be done. */
export class Refused extends Error {}

/** The server part has not seen the state that a request is based on. */
export class OutOfStep extends Error {}

/** The server part does not answer. */
export class Unreachable extends Error {}

/** Ask the server part; the body is JSON text, which is made in pieces. */
export async function ask<T>(
  settings: ServerConnection.ISettings,
  name: string,
  body: string
): Promise<T> {
  const url = URLExt.join(settings.baseUrl, 'nbprod', name);
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(url, { method: 'POST', body }, settings);
  } catch (error) {
    throw new Unreachable('the Jupyter server does not answer');
  }
  if (response.ok) {
    return (await response.json()) as T;
  }
  if (response.status === 409) {
    throw new OutOfStep();
  }
  const message = await messageOf(response);
  if (response.status === 400 && message !== null) {
    throw new Refused(message);
  }
  throw new Unreachable(message ?? 'the server part of nbprod-lab does not answer');
}

async function messageOf(response: Response): Promise<string | null> {
  try {
    const found: any = await response.json();
    return typeof found.message === 'string' ? found.message : null;
  } catch {
    return null;
  }
}

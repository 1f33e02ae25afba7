/** What the server part and the front end send each other. */

export type State = 'fails' | 'stale' | 'out-of-order' | 'unsafe-to-rerun' | 'runs';
export type When = 'type' | 'save' | 'demand';

export interface INote {
  state: State;
  text: string;
}

export interface IFinding {
  key: unknown[];
  code: string;
  name: string;
  severity: 'error' | 'warning' | 'info';
  certainty: 'certain' | 'possible';
  message: string;
  help: string | null;
  part: string;
  line: number;
  column: number;
  /** Start line, start column, end line, end column, from 0; null for what is in no source. */
  range: [number, number, number, number] | null;
  fix: { title: string; safe: boolean } | null;
}

/** What is to be seen at a cell. */
export interface IMark {
  notes: INote[];
  findings: IFinding[];
}

export interface IVerdict {
  state: 'fails' | 'differs' | 'runs' | 'unknown';
  text: string;
  cell: string | null;
}

/** Provider, reader, names. */
export type Edge = [string, string, string[]];

export interface ICheckAnswer {
  version: number;
  cells: Record<string, IMark | null>;
  general?: IFinding[];
  edges?: Edge[];
  verdict?: IVerdict;
  problem: string | null;
}

/** A cell as it is to be: one that is there, with what changes, or a new one. */
export interface ITargetCell {
  id?: string;
  source?: string;
  execution_count?: number | null;
  outputs?: any[];
  cell?: any;
}

export interface IChangeAnswer {
  version: number;
  target: ITargetCell[] | null;
  titles?: string[];
  environment?: string[];
  unsafe?: number;
  moved?: number[];
  undefined?: string[];
  fails?: boolean;
  files?: string[];
  plan?: string[];
  module?: string;
}

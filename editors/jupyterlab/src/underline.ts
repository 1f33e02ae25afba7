/** Findings in the text of a cell: underlined, explained when the pointer rests on them. */

import { type Extension, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  EditorView,
  type Tooltip,
  hoverTooltip
} from '@codemirror/view';
import { explained } from './elements';
import type { IFinding } from './messages';

const setFindings = StateEffect.define<readonly IFinding[]>();

const field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, transaction) {
    let found = decorations.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setFindings)) {
        found = decorated(transaction.state.doc, effect.value);
      }
    }
    return found;
  },
  provide: one => EditorView.decorations.from(one)
});

type Text = EditorView['state']['doc'];

function decorated(doc: Text, findings: readonly IFinding[]): DecorationSet {
  const ranges = findings.flatMap(finding => {
    const place = placeOf(doc, finding);
    return place === null ? [] : [decoration(finding).range(...place)];
  });
  return Decoration.set(ranges, true);
}

/** Start and end in a text, which may have changed since the check; null where that is nothing. */
function placeOf(doc: Text, finding: IFinding): [number, number] | null {
  if (finding.range === null) {
    return null;
  }
  const [line, column, endLine, endColumn] = finding.range;
  if (line >= doc.lines) {
    return null;
  }
  const first = doc.line(line + 1);
  const last = doc.line(Math.min(endLine + 1, doc.lines));
  const start = Math.min(first.from + column, first.to);
  // A finding about many lines is underlined on its first one.
  const end = endLine > line ? first.to : Math.min(last.from + endColumn, last.to);
  return end > start ? [start, end] : null;
}

function decoration(finding: IFinding): Decoration {
  const level = finding.certainty === 'possible' ? 'possible' : finding.severity;
  return Decoration.mark({
    class: `nbprod-underline nbprod-underline-${level}`,
    attributes: {
      'data-nbprod-code': finding.code,
      'data-nbprod-place': `${finding.line}:${finding.column}`
    },
    finding
  });
}

function tooltip(view: EditorView, at: number): Tooltip | null {
  const found: IFinding[] = [];
  let start = at;
  let end = at;
  view.state.field(field, false)?.between(at, at, (from, to, value) => {
    found.push(value.spec.finding as IFinding);
    start = Math.min(start, from);
    end = Math.max(end, to);
  });
  if (found.length === 0) {
    return null;
  }
  return {
    pos: start,
    end,
    above: true,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'nbprod-tooltip';
      dom.append(...found.map(explained));
      return { dom };
    }
  };
}

const tooltips: Extension = hoverTooltip(tooltip, { hideOnChange: true });

/** Underline these findings in place of those before; an editor without any is left alone. */
export function underline(view: EditorView, findings: readonly IFinding[]): void {
  const before = view.state.field(field, false);
  if (before !== undefined) {
    if (before.size > 0 || findings.length > 0) {
      view.dispatch({ effects: setFindings.of(findings) });
    }
  } else if (findings.length > 0) {
    const start = field.init(state => decorated(state.doc, findings));
    view.dispatch({ effects: StateEffect.appendConfig.of([start, tooltips]) });
  }
}

/** The plug-in: settings, the toolbar item, the side panel and the commands. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  InputDialog,
  IToolbarWidgetRegistry,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Widget } from '@lumino/widgets';
import style from '../style/nbprod.css';
import { Checker, type IChoices } from './checker';
import { element } from './elements';
import type { IFinding, When } from './messages';
import { SidePanel } from './panel';
import { Refused, Unreachable } from './requests';
import type { Undo } from './target';
import { Verdict } from './verdict';

const ID = 'nbprod-lab:plugin';
const COMMANDS = {
  check: 'nbprod:check',
  fix: 'nbprod:fix',
  fixUnsafe: 'nbprod:fix-unsafe',
  order: 'nbprod:order',
  extract: 'nbprod:extract',
  panel: 'nbprod:panel'
};

const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Checks notebooks while they are edited and run.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ISettingRegistry, IToolbarWidgetRegistry],
  activate: (app, tracker, palette, registry, toolbar) => {
    new Extension(app, tracker).start(palette, registry, toolbar);
  }
};

export default plugin;

class Extension {
  private readonly _choices: IChoices = { level: '', when: 'type' };
  private readonly _checkers = new Map<NotebookPanel, Checker>();
  private readonly _panel: SidePanel;

  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _tracker: INotebookTracker
  ) {
    const run = (name: string) => () => void _app.commands.execute(name);
    this._panel = new SidePanel({
      check: run(COMMANDS.check),
      fixAll: run(COMMANDS.fix),
      order: run(COMMANDS.order),
      extract: run(COMMANDS.extract),
      fix: (checker, finding) => void this._fixOne(checker, finding)
    });
  }

  start(
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null,
    toolbar: IToolbarWidgetRegistry | null
  ): void {
    document.head.append(element('style', '', style));
    this._addCommands(palette);
    toolbar?.addFactory<NotebookPanel>('Notebook', 'nbprod', panel => this._verdict(panel));
    this._app.shell.add(this._panel, 'right', { rank: 900, type: 'nbprod' });
    this._tracker.widgetAdded.connect((_, panel) => this._checkerOf(panel));
    this._tracker.forEach(panel => this._checkerOf(panel));
    this._tracker.currentChanged.connect(() => this._follow());
    this._follow();
    void registry
      ?.load(ID)
      .then(settings => {
        const read = (): void => {
          this._choices.level = settings.composite['level'] as string;
          this._choices.when = settings.composite['when'] as When;
          this._checkers.forEach(checker => checker.reset());
        };
        settings.changed.connect(read);
        read();
      })
      .catch(reason => console.warn('nbprod-lab: its settings cannot be read', reason));
  }

  private _follow(): void {
    const panel = this._tracker.currentWidget;
    this._panel.checker = panel === null ? null : this._checkerOf(panel);
  }

  private _checkerOf(panel: NotebookPanel): Checker {
    let checker = this._checkers.get(panel);
    if (checker === undefined) {
      checker = new Checker(
        panel,
        panel.context,
        this._app.serviceManager.serverSettings,
        this._choices,
        (one, cell) => {
          this._open(one);
          this._panel.reveal(cell);
        }
      );
      const made = checker;
      this._checkers.set(panel, made);
      panel.disposed.connect(() => {
        this._checkers.delete(panel);
        made.dispose();
      });
    }
    return checker;
  }

  private _verdict(panel: NotebookPanel): Widget {
    const found = new Verdict(checker => {
      this._open(checker);
      const cell = checker.verdict?.cell;
      if (cell) {
        this._panel.reveal(cell);
      }
    });
    found.checker = this._checkerOf(panel);
    return found;
  }

  private _open(checker: Checker): void {
    this._panel.checker = checker;
    this._app.shell.activateById(this._panel.id);
  }

  private _addCommands(palette: ICommandPalette | null): void {
    const add = (
      id: string,
      label: string,
      caption: string,
      execute: (checker: Checker) => Promise<void> | void
    ): void => {
      this._app.commands.addCommand(id, {
        label,
        caption,
        isEnabled: () => this._tracker.currentWidget !== null,
        execute: async () => {
          const panel = this._tracker.currentWidget;
          if (panel !== null) {
            await told(execute(this._checkerOf(panel)));
          }
        },
        describedBy: { args: { type: 'object', properties: {} } }
      });
      palette?.addItem({ command: id, category: 'nbprod' });
    };
    add(COMMANDS.check, 'Check Notebook', 'Check the notebook now', async checker => {
      await checker.check();
    });
    add(COMMANDS.fix, 'Apply All Safe Fixes', 'Fixes that keep what the notebook does', checker =>
      this._fixAll(checker, false)
    );
    add(
      COMMANDS.fixUnsafe,
      'Apply All Fixes That May Change Behavior',
      'Fixes that may change what the notebook does',
      checker => this._fixAll(checker, true)
    );
    add(COMMANDS.order, 'Put Cells in an Order That Runs', 'Move the fewest cells', checker =>
      this._order(checker)
    );
    add(
      COMMANDS.extract,
      'Extract Selected Cells to a Module…',
      'Make functions of the selected cells, with tests, and call them here',
      checker => this._extract(checker)
    );
    add(COMMANDS.panel, 'Show Findings and Data Flow', 'Open the side panel', checker =>
      this._open(checker)
    );
  }

  private async _fixOne(checker: Checker, finding: IFinding): Promise<void> {
    await told(
      (async () => {
        const { answer, apply } = await checker.change('fix', { finding: finding.key });
        done(checker, apply(), answer.titles?.join('; ') ?? '', answer.environment);
      })()
    );
  }

  private async _fixAll(checker: Checker, unsafe: boolean): Promise<void> {
    const { answer, apply } = await checker.change('fix', { unsafe });
    const titles = answer.titles ?? [];
    const left = answer.unsafe ? ` ${answer.unsafe} more may change behavior.` : '';
    if (titles.length === 0) {
      Notification.info(`No fix to apply.${left}`, { autoClose: 5000 });
      return;
    }
    const count = titles.length === 1 ? titles[0] : `${titles.length} fixes`;
    done(checker, apply(), `Applied: ${count}.${left}`, answer.environment);
  }

  private async _order(checker: Checker): Promise<void> {
    const { answer, apply } = await checker.change('order', {});
    if (answer.target === null) {
      const why = answer.fails
        ? 'No order of the cells makes more of them run.'
        : 'The cells are in an order that runs.';
      Notification.info(why, { autoClose: 5000 });
      return;
    }
    const missing = answer.undefined?.length
      ? ` Still undefined: ${answer.undefined.join(', ')}.`
      : '';
    const moved = answer.moved ?? [];
    const cells = moved.length === 1 ? `cell ${moved[0]}` : `cells ${moved.join(', ')}`;
    done(checker, apply(), `Moved ${cells}.${missing}`);
  }

  private async _extract(checker: Checker): Promise<void> {
    const notebook = checker.panel.content;
    const selected = notebook.selectedCells.map(cell => cell.model.id);
    const asked = await InputDialog.getText({
      title: 'Extract selected cells',
      label: 'Module to write or extend, beside the notebook',
      text: defaultModule(checker.panel.context.path),
      okLabel: 'Show plan'
    });
    const module = asked.value?.trim();
    if (!asked.button.accept || !module) {
      return;
    }
    const planned = await checker.change('extract', { selected, module });
    const agreed = await showDialog({
      title: `Extract to ${module}`,
      body: planBody(planned.answer.files ?? [], planned.answer.plan ?? [], planned.answer.module),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Extract' })]
    });
    if (!agreed.button.accept) {
      return;
    }
    const made = await checker.change('extract', { selected, module, write: true });
    done(checker, made.apply(), `Wrote ${(made.answer.files ?? []).join(', ')}.`);
  }
}

function defaultModule(path: string): string {
  const stem = path.split('/').pop()!.replace(/\.ipynb$/, '');
  const name = stem.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return `${/^[a-z]/.test(name) ? name : `notebook_${name}`}_steps.py`;
}

function planBody(files: string[], plan: string[], module = ''): Widget {
  const list = element('ul', '', ...files.map(file => element('li', '', element('code', '', file))));
  const body = new Widget();
  body.addClass('nbprod-plan');
  body.node.append(
    element('p', '', 'These files are written, and the notebook calls the new functions:'),
    list,
    element('h4', '', 'Plan'),
    element('pre', 'nbprod-plan-text', plan.join('\n')),
    element('h4', '', 'Module'),
    element('pre', 'nbprod-plan-text', module)
  );
  return body;
}

/** Say what was done, and offer to take it back. */
function done(checker: Checker, undo: Undo, text: string, environment: string[] = []): void {
  const set = environment.length ? ` Set ${environment.join(', ')} in the environment.` : '';
  const actions =
    undo === null
      ? []
      : [{ label: 'Undo', callback: () => takeBack(checker, undo), caption: 'Take it back' }];
  Notification.success(text + set, { autoClose: 8000, actions });
}

function takeBack(checker: Checker, undo: Undo): void {
  if (undo === 'notebook') {
    NotebookActions.undo(checker.panel.content);
  } else if (undo !== null) {
    checker.widgetOf(undo.cell)?.editor?.undo();
  }
}

/** Say in one line why something was not done. */
async function told(work: Promise<void> | void): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unreachable)) {
      throw error;
    }
    Notification.warning(error.message, { autoClose: 8000 });
  }
}

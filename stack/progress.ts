/** What is being done and for how long: one moving line on a terminal, plain lines elsewhere. */

export type ProgressStep = {
  /** Says more about the running step, for example where a download comes from. */
  update(text: string): void;
  done(note?: string): void;
  fail(note?: string): void;
};

export type Progress = {
  step(name: string): ProgressStep;
  /** A line of somebody else's, above the moving one. */
  print(line: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
};

export type ProgressOptions = {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Of the terminal, so that the moving line never wraps. */
  readonly columns?: number;
  readonly now?: () => number;
};

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 120;
const COLUMNS_DEFAULT = 80;
const CLEAR_LINE = '\r\u001b[2K';

type Running = { readonly name: string; readonly startedAt: number; detail: string };

export function createProgress(options: ProgressOptions): Progress {
  const now = options.now ?? Date.now;
  const running = new Set<Running>();
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;

  const elapsed = (step: Running): string => `${((now() - step.startedAt) / 1000).toFixed(1)} s`;

  function draw(): void {
    if (!options.isTerminal || running.size === 0) return;
    const parts = [...running].map((step) => `${step.name}${step.detail} ${elapsed(step)}`);
    const text = `${FRAMES[frame % FRAMES.length]} ${parts.join(' · ')}`;
    options.write(`${CLEAR_LINE}${cut(text, (options.columns ?? COLUMNS_DEFAULT) - 1)}`);
  }

  function print(line: string): void {
    const clear = options.isTerminal && running.size > 0 ? CLEAR_LINE : '';
    options.write(`${clear}${line}\n`);
    draw();
  }

  function keepDrawing(): void {
    if (!options.isTerminal || timer !== undefined) return;
    timer = setInterval(() => {
      frame += 1;
      draw();
    }, FRAME_MS);
    timer.unref();
  }

  function pauseDrawing(): void {
    clearInterval(timer);
    timer = undefined;
  }

  function end(step: Running, mark: string, note: string | undefined): void {
    if (!running.delete(step)) return;
    if (options.isTerminal) options.write(CLEAR_LINE);
    if (running.size === 0) pauseDrawing();
    print(`${mark} ${step.name} (${elapsed(step)})${note === undefined ? '' : ` ${note}`}`);
  }

  return {
    step(name) {
      const step: Running = { name, startedAt: now(), detail: '' };
      running.add(step);
      if (!options.isTerminal) options.write(`… ${name}\n`);
      keepDrawing();
      draw();
      return {
        update(text) {
          step.detail = `: ${text}`;
          if (options.isTerminal) draw();
          else options.write(`… ${name}: ${text} (${elapsed(step)})\n`);
        },
        done: (note) => end(step, '✓', note),
        fail: (note) => end(step, '✗', note),
      };
    },
    print,
    close() {
      pauseDrawing();
      if (options.isTerminal && running.size > 0) options.write(CLEAR_LINE);
      running.clear();
    },
  };
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

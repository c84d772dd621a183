/** What a command is run with; a test gives its own. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results, for people or with `--json` for scripts. */
  readonly write: (text: string) => void;
  readonly complain: (text: string) => void;
  /** A person reads: tables get lines and, without NO_COLOR, colours. */
  readonly terminal?: Terminal;
  /** All of standard input, for secrets that are piped in. */
  readonly readInput?: () => Promise<string>;
  readonly now?: () => Date;
}

export interface Terminal {
  readonly columns: number;
  /** One line typed by a person; hidden while it is typed where it is a secret. */
  readonly ask: (question: string, options?: { readonly hidden?: boolean }) => Promise<string>;
}

export function nowOf({ now }: Pick<Surroundings, 'now'>): Date {
  return now === undefined ? new Date() : now();
}

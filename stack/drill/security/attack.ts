/** One thing that is sent, and what has to come back. */
export interface Attack {
  /** What is sent, in words. */
  readonly name: string;
  /** Outcomes that hold, `401 TOKEN_INVALID`; a trailing `*` stands for any rest. */
  readonly expected: readonly string[];
  /** Sends it and says what came back, in the same form. */
  readonly send: () => Promise<string>;
}

export interface Family {
  readonly name: string;
  readonly attacks: readonly Attack[];
}

export interface Verdict {
  readonly family: string;
  readonly sent: number;
  /** Attacks that got in: a 2xx, or a connection, where a refusal was due. */
  readonly falseAccepts: readonly string[];
  /** Refused or answered, but not as expected: also controls that did not get in. */
  readonly differences: readonly string[];
}

/** Sends the attacks of a family one after the other; each line tells what was expected and got. */
export async function attack(
  { name, attacks }: Family,
  say: (text: string) => void,
): Promise<Verdict> {
  const falseAccepts: string[] = [];
  const differences: string[] = [];
  for (const each of attacks) {
    const got = await each.send();
    const holds = each.expected.some((expected) => matches(expected, got));
    const line = `${each.name}: expected ${each.expected.join(' or ')}, got ${got}`;
    say(`  ${holds ? 'ok  ' : 'FAIL'} ${line}`);
    if (holds) continue;
    (isAccepted(got) ? falseAccepts : differences).push(line);
  }
  return { family: name, sent: attacks.length, falseAccepts, differences };
}

function matches(expected: string, got: string): boolean {
  return expected.endsWith('*') ? got.startsWith(expected.slice(0, -1)) : expected === got;
}

function isAccepted(outcome: string): boolean {
  return /^2\d\d\b/.test(outcome);
}

/** The last lines of a run, and whether all of it held. */
export function conclude(verdicts: readonly Verdict[], say: (text: string) => void): boolean {
  const count = (pick: (verdict: Verdict) => number): number =>
    verdicts.reduce((sum, verdict) => sum + pick(verdict), 0);
  for (const { family, sent, falseAccepts, differences } of verdicts) {
    say(
      `${family}: ${sent} sent, ${falseAccepts.length} false accepts, ${differences.length} other`,
    );
    for (const line of falseAccepts) say(`  FALSE ACCEPT ${line}`);
    for (const line of differences) say(`  DIFFERENT ${line}`);
  }
  const accepted = count(({ falseAccepts }) => falseAccepts.length);
  const different = count(({ differences }) => differences.length);
  say(`in all ${count(({ sent }) => sent)} sent, ${accepted} false accepts, ${different} other`);
  return accepted === 0 && different === 0;
}

import { describe, expect, test } from '@jest/globals';
import { StackError } from '../../stack/errors.ts';
import { readOptions } from '../../stack/options.ts';

describe('options of npm start', () => {
  test.each([
    [[], { empty: false, demo: true, once: false, reset: [] }],
    [['--empty'], { empty: true, demo: false, once: false, reset: [] }],
    [['--no-demo'], { empty: false, demo: false, once: false, reset: [] }],
    [['--once'], { empty: false, demo: true, once: true, reset: [] }],
    [['--reset'], { empty: false, demo: true, once: false, reset: ['cp', 'wl'] }],
    [['--reset=cp', '--empty'], { empty: true, demo: false, once: false, reset: ['cp'] }],
    [['--reset=wl', '--once'], { empty: false, demo: true, once: true, reset: ['wl'] }],
  ])('%j are understood', (args, expected) => {
    const { reset, help: _help, ...rest } = readOptions(args);
    expect({ ...rest, reset: [...reset].sort() }).toEqual(expected);
  });

  test.each([[['--onec']], [['--reset=all']], [['start']], [['--once', '--empty']]])(
    '%j are refused with the way to the usage text',
    (args) => {
      expect(() => readOptions(args)).toThrow(StackError);
      expect(() => readOptions(args)).toThrow(expect.objectContaining({ code: 'OPTION_UNKNOWN' }));
    },
  );
});

import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A word that may stand after a path of commands. */
interface Word {
  readonly word: string;
  readonly about: string;
}

/** The script that a shell reads; the words are those of the program itself. */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, []);
  const make = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell];
  return make(places);
}

interface Place {
  /** `trade show`; empty at the top. */
  readonly path: string;
  readonly words: readonly Word[];
}

function placesOf(command: Command, path: readonly string[]): Place[] {
  const commands = command.commands.filter((child) => child.name() !== 'help');
  const words = [
    ...commands.map((child) => ({ word: child.name(), about: child.description() })),
    ...visible(command),
  ];
  const below = commands.flatMap((child) => placesOf(child, [...path, child.name()]));
  return [{ path: path.join(' '), words }, ...below];
}

function visible(command: Command): Word[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ word: long ?? short ?? '', about: description }));
}

const wordsOf = ({ words }: Place): string => words.map(({ word }) => word).join(' ');

// Both shells walk the same way: a word that is a known command goes one step down.
const WALK = `  local path="" word
  for word in "\${before[@]}"; do
    case " $(_xwl_words "$path") " in
      *" $word "*) [[ $word == -* ]] || path="\${path:+$path }$word" ;;
    esac
  done`;

function wordsFunction(places: readonly Place[]): string {
  const cases = places.map((place) => `    "${place.path}") echo "${wordsOf(place)}" ;;`);
  return ['_xwl_words() {', '  case "$1" in', ...cases, '  esac', '}'].join('\n');
}

function bashScript(places: readonly Place[]): string {
  return `# xwl completion bash
${wordsFunction(places)}
_xwl() {
  local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
${WALK}
  COMPREPLY=($(compgen -W "$(_xwl_words "$path")" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _xwl xwl
`;
}

function zshScript(places: readonly Place[]): string {
  return `#compdef xwl
# xwl completion zsh
${wordsFunction(places)}
_xwl() {
  local -a before
  before=("\${words[@]:1:$((CURRENT - 2))}")
${WALK}
  compadd -- \${=$(_xwl_words "$path")}
  _files
}
compdef _xwl xwl
`;
}

function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ word, about }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`;
      return `complete -c xwl -n '_xwl_at "${path}"' ${what} -d '${about.replaceAll("'", "\\'")}'`;
    }),
  );
  return `# xwl completion fish
function _xwl_at
  set -l path
  for word in (commandline -opc)[2..]
    contains -- "$path $word" ${places
      .filter(({ path }) => path !== '')
      .map(({ path }) => `" ${path}"`)
      .join(' ')}
    and set path "$path $word"
  end
  test (string trim -- "$path") = "$argv[1]"
end
${lines.join('\n')}
`;
}

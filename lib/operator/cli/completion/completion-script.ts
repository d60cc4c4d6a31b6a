/** Writes a shell's completion script. The script starts no program: it contains the whole tree of commands. */
import type { CompletedCommand, CompletedOption } from './completion-tree.ts';
import type { Shell } from './shells.ts';

type Tree = readonly CompletedCommand[];

/** @param name of the command that the shell completes */
export function completionScript(shell: Shell, tree: Tree, name = 'relay'): string {
  switch (shell) {
    case 'bash':
      return bashScript(tree, name);
    case 'zsh':
      return zshScript(tree, name);
    case 'fish':
      return fishScript(tree, name);
  }
}

/** In bash and zsh, these lines find the command's path in the words before the cursor. zsh reserves the name `path`. */
function findPath(tree: Tree): string {
  const withValue = namesOf(tree, ({ takesValue }) => takesValue);
  const paths = tree.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]));
  return `  while [ $# -gt 0 ]; do
    case "$1" in
      ${withValue.join('|')}) shift ;;
      -*) ;;
      *)
        case "\${at:+$at }$1" in
          ${paths.join('|')}) at="\${at:+$at }$1" ;;
        esac ;;
    esac
    [ $# -gt 0 ] && shift
  done`;
}

/** Cases of the words that may come next, after an option and after a path. */
function nextWords(tree: Tree): string {
  const afterOption = tree.flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ name, choices }) => `    ${quoted(`${path} ${name}`)}) words=${quoted(choices.join(' '))} ;;`),
  );
  const otherValues = namesOf(tree, ({ takesValue }) => takesValue);
  const afterPath = tree.map(
    ({ path, subcommands, options, choices }) =>
      `    ${quoted(path)}) words=${quoted([...subcommands.map(({ name }) => name), ...choices].join(' '))} flags=${quoted(options.map(({ name }) => name).join(' '))} ;;`,
  );
  return `  case "$at" in
${afterPath.join('\n')}
  esac
  case "$current" in -*) words=$flags ;; esac
  case "$previous" in ${otherValues.join('|')}) words= ;; esac
  case "$at $previous" in
${afterOption.join('\n')}
  esac`;
}

function bashScript(tree: Tree, name: string): string {
  return `# bash completion for ${name}
_${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} at= words= flags=
  set -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
${findPath(tree)}
${nextWords(tree)}
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}`;
}

function zshScript(tree: Tree, name: string): string {
  return `#compdef ${name}
_${name}() {
  local current=\${words[CURRENT]} previous=\${words[CURRENT-1]} at= flags=
  local -a typed
  typed=("\${(@)words[2,CURRENT-1]}")
  local words=
  set -- "\${typed[@]}"
${findPath(tree)}
${nextWords(tree)}
  if [ -n "$words" ]; then compadd -- \${=words}; else _files; fi
}
compdef _${name} ${name}`;
}

function fishScript(tree: Tree, name: string): string {
  const withValue = namesOf(tree, ({ takesValue }) => takesValue);
  const paths = tree.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]));
  return `# fish completion for ${name}
function __${name}_path
  set -l path
  set -l skip
  for word in (commandline -opc)[2..]
    if test -n "$skip"
      set skip
    else if contains -- $word ${withValue.join(' ')}
      set skip yes
    else if not string match -q -- '-*' $word; and contains -- (string join ' ' $path $word) ${paths.join(' ')}
      set -a path $word
    end
  end
  test "$path" = "$argv[1]"
end
complete -c ${name} -f
${tree.flatMap((command) => fishLines(command, name)).join('\n')}`;
}

function fishLines({ path, subcommands, options, choices }: CompletedCommand, name: string): string[] {
  const when = `complete -c ${name} -n "__${name}_path '${path}'"`;
  return [
    ...subcommands.map((one) => `${when} -a ${one.name} -d ${fishQuoted(one.description)}`),
    ...choices.map((choice) => `${when} -a ${choice}`),
    ...options.map((option) => `${when} ${fishOption(option)} -d ${fishQuoted(option.description)}`),
  ];
}

function fishOption({ name, takesValue, choices }: CompletedOption): string {
  const flag = `-l ${name.replace(/^--/, '')}`;
  if (choices.length > 0) return `${flag} -xa ${quoted(choices.join(' '))}`;
  return takesValue ? `${flag} -rF` : flag;
}

function namesOf(tree: Tree, is: (option: CompletedOption) => boolean): string[] {
  return [...new Set(tree.flatMap(({ options }) => options.filter(is).map(({ name }) => name)))].sort();
}

/** For a POSIX shell. Names contain no quotes. */
function quoted(text: string): string {
  return `'${text}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}

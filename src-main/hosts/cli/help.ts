/** `oopscope --help`. */
export const HELP = `Oopscope reads Linux kernel crash dumps. It needs nothing but the dump.

usage:
  oopscope info   [OPTION…] DUMP…                  why the kernel died, in one page
  oopscope exec   [OPTION…] DUMP… [--] COMMAND…    run one command of crash's grammar
  oopscope exec   [OPTION…] DUMP… -c COMMAND [-c COMMAND…] [-i FILE]
  oopscope debuginfo list|clear                    folders searched and the cache; empty the cache
  oopscope debuginfo add|remove FOLDER…            folders that every search asks
  oopscope debuginfo find [OPTION…] DUMP…          what a dump needs, where it was looked for
  oopscope open   [DUMP…]                          open the window
  oopscope serve  [--port N] [DUMP…]               serve the window on 127.0.0.1

Several files are one dump in parts (makedumpfile --split). With exec, the first argument is a
dump; so is each one after it that is a dump file by its content; everything from the next one on
is the command. "--" ends the files where that is not clear. A vmlinux, module or package among
them is debuginfo, as with -s.

options:
  -s FILE         debuginfo: vmlinux, a module, a package (.deb, .rpm) or a folder; may be given
                  several times; taken when its build-id is the dump's
  --override FILE debuginfo of another build, taken on your word; every answer says so
  --source PLACE  source text of the kernel: a folder, package (.deb, .rpm) or tarball, or
                  PREFIX=PLACE for the names that begin with PREFIX; may be given several times
  --no-search     do not look for debuginfo beside the dump, in /usr/lib/debug, …: the dump alone
  -c COMMAND      run COMMAND; may be given several times
  -i FILE         run the commands in FILE, one a line, "-" for standard input; # starts a comment
  --json          one line of JSON a command: {"command", "blocks", "error"?}; one document for info
  --format F      text (default), json, csv or markdown; the last two show tables only
  --no-color      no colour on standard error (also with NO_COLOR set)
  --port N        serve: this port instead of a free one
  -h, --help      this text; commands: oopscope exec DUMP help
  --version       the version

Answers go to standard output, warnings and errors to standard error.
Exit status: 0 done · 1 a command failed (the others ran) · 2 wrong usage of oopscope ·
3 the dump cannot be opened · 130 interrupted.
`;

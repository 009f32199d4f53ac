// The simulator's shell is only worth something when it does what real ones do: each of these
// snippets runs in both, and prints and ends the same.
#include "shell.hpp"

#include "machine.hpp"
#include "support/catch.hpp"
#include "support/shell_output.hpp"

#include <string>
#include <vector>

namespace {

struct Snippet {
  const char* name;
  const char* text;
};

const std::vector<Snippet> kSnippets{
    {"words and quotes", R"sh(x='a  b'; echo $x "$x" '$x' \$x "\$x" a\ b "it's")sh"},
    {"fields", R"sh(set -- "a b" c ''; echo $#; for i in "$@"; do echo "<$i>"; done; echo "$*")sh"},
    {"nothing is no word", R"sh(set --; for i in "$@" $none; do echo "<$i>"; done; echo $#)sh"},
    {"splitting at a separator",
     R"sh(x='a||b c|'; IFS='|'; set -- $x; echo $#; for i in "$@"; do echo "<$i>"; done)sh"},
    {"splitting at a newline", "x='a b\nc'; IFS='\n'; set -- $x; echo $#; echo \"$2\""},
    {"blanks around separators",
     R"sh(IFS=' ,'; x=' a , b,,c '; set -- $x; echo $#; echo "<$1><$2><$3><$4>")sh"},
    {"defaults",
     R"sh(a=; echo "${a:-d}" "${a-d}" "${b-d}" "${a:+s}" "${a+s}" ${b:-x y} "${b:-x y}")sh"},
    {"trimming",
     R"sh(p=/a/b/c.json; echo "${p##*/}" "${p%/*}" "${p#/}" "${p%%.*}" "${p%.json}")sh"},
    {"trimming by a variable", R"sh(k='a*'; n='a*b'; echo "${n#"$k"}" "${n#$k}")sh"},
    {"trimming at a newline", "t='one\ntwo\nthree'; echo \"${t%%\n*}\"; echo \"${t#*\n}\""},
    {"trimming at a set", R"sh(s='200 OK'; echo "${s%%[!0-9]*}")sh"},
    {"length", R"sh(x=hello; echo ${#x} $#)sh"},
    {"arithmetic",
     R"sh(a=7; echo $((a + 1)) $((a / 2 * 2)) $(( (a-1) % 4 )) $((-a)) "$((b + 1))")sh"},
    {"substitution", "x=$(echo a; echo b; echo); echo \"$x\"; echo $(echo \"$(echo 'in  side')\")"},
    {"status of a substitution",
     R"sh(x=$(exit 3); echo $?; x=$(true) || echo no; false; x=1; echo $?)sh"},
    {"lists",
     R"sh(true && echo a || echo b; false && echo a || echo b; ! true; echo $?; ! false; echo $?)sh"},
    {"if",
     R"sh(for i in 1 2 3; do if [ $i = 1 ]; then echo one; elif [ $i = 2 ]; then echo two; else echo more; fi; done)sh"},
    {"while",
     R"sh(i=0; while [ "$i" -lt 5 ]; do i=$((i+1)); [ $i != 2 ] || continue; [ $i -le 3 ] || break; echo $i; done; echo $?)sh"},
    {"until", R"sh(i=3; until [ $i = 0 ]; do echo $i; i=$((i - 1)); done)sh"},
    {"break out of two",
     R"sh(for i in 1 2; do for j in a b; do echo $i$j; break 2; done; done; echo end)sh"},
    {"case",
     R"sh(for x in 0a 125 /p yes 'a b' '*'; do case $x in 0*) echo zero ;; 2|12?) echo code ;; /*) echo path ;; *' '*) echo blank ;; '*') echo star ;; *) ;; esac; done)sh"},
    {"case without a match", R"sh(false; case x in y) ;; esac; echo $?)sh"},
    {"functions",
     R"sh(f() { echo "$1 $#"; return 3; echo never; }; f a b; echo $?; g() { x=inner; }; x=outer; g; echo $x; echo $#)sh"},
    {"arguments come back",
     R"sh(f() { set -- x y z; echo $#; shift; echo $1; shift 2; echo $#; }; set -- a; f; echo $1)sh"},
    {"more than nine", R"sh(set -- 1 2 3 4 5 6 7 8 9 ten; echo ${10} $1 "${10}0")sh"},
    {"groups", R"sh({ echo a; echo b; } | { read -r x; read -r y; echo "$y$x"; })sh"},
    {"subshells", R"sh(x=1; (x=2; echo $x; exit 4); echo $? $x)sh"},
    {"pipes", R"sh(echo "a b c" | while read -r x y; do echo "$y/$x"; done; echo $?)sh"},
    {"status of a pipe", R"sh(false | true; echo $?; true | false; echo $?)sh"},
    {"side by side, read in order",
     R"sh(ask() { echo $1; }; ask 1 | { exec 3<&0; ask 2 | { exec 4<&0; echo 3; cat <&4; cat <&3; exit 5; }; }; echo $?)sh"},
    {"the last line", R"sh(printf 'a\nb c\n' | tail -n 1; printf '' | tail -n 1; echo end)sh"},
    {"jobs", R"sh((exit 3) & a=$!; (exit 0) & b=$!; wait "$a"; echo $?; wait "$b"; echo $?)sh"},
    {"jobs in a list",
     R"sh(j=; for i in 1 2; do ( exit $i ) & j="$j $!"; done; for k in $j; do wait "$k" || echo $?; done; wait; echo $?)sh"},
    {"read",
     "printf 'a  b c \\n x\\\\y \\nlast' | { read -r a b; echo \"<$a><$b>\"; IFS= read -r c; "
     "printf '%s\\n' \"<$c>\"; read -r d; echo $? \"<$d>\"; read -r e; echo $? \"<$e>\"; }"},
    {"read with a separator",
     R"sh(echo '1|a||z|' | { IFS='|'; read -r a b c d; echo "<$a><$b><$c><$d>"; })sh"},
    {"read of too many", R"sh(echo 'a:b:c:' | { IFS=:; read -r x y; echo "<$x><$y>"; })sh"},
    {"printf",
     R"sh(printf '%s-%s\n' a b c; printf '%s' 'x\ny' '%s'; printf '\n%04X %d\n' 443 7)sh"},
    {"files",
     R"sh(mkdir -p $T/d/e && echo one >$T/d/f && echo two >>$T/d/f; cat $T/d/f; echo x 2>/dev/null >$T/d/g; mv -f $T/d/g $T/d/h; [ -e $T/d/g ] || echo gone; cat <$T/d/h; rm -f $T/d/h $T/d/none; [ -s $T/d/h ]; echo $?)sh"},
    {"patterns of names",
     R"sh(mkdir $T/p; : >$T/p/1; : >$T/p/1.x; : >$T/p/.h; cd=$T; for f in "$T"/p/*; do echo "${f##*/}"; done; for f in "$T"/p/*.y; do echo "${f##*/}"; done; set -f; for f in "$T"/p/*; do echo "${f##*/}"; done)sh"},
    {"links",
     R"sh(echo a >$T/one; ln $T/one $T/two && echo yes; ln $T/one $T/two 2>/dev/null || echo no; ln -s some.where $T/s; readlink $T/s; ln -s x $T/s 2>/dev/null || echo taken; rm -rf $T/s; cat $T/two)sh"},
    {"writing in place",
     R"sh(echo 0123456789 >$T/j; exec 9<>$T/j; printf abc >&9; printf de >&9; cat $T/j)sh"},
    {"where output goes",
     R"sh({ echo out; echo err >&2; } 2>/dev/null; x=$({ echo a; echo b >&2; } 2>&1); echo "$x"; { echo c >&2; } 2>$T/e; cat $T/e)sh"},
    {"a redirection that fails",
     R"sh(echo a 2>/dev/null >$T/none/x || echo no; { echo b; } 2>/dev/null >$T/none/x || echo no; cat </dev/null)sh"},
    {"one that fails for a special builtin ends the shell",
     R"sh({ : >$T/none/x || echo no; echo more; } 2>/dev/null; echo most)sh"},
    {"an assignment before a command",
     R"sh(x=1; x=2 true; echo $x; IFS=: read -r a b <$T/none 2>/dev/null; printf 'p:q' >$T/r; IFS=: read -r a b <$T/r; echo "$a $b [$IFS]")sh"},
    {"test",
     R"sh([ a = a ] && [ a != b ] && [ -n x ] && [ -z "" ] && [ ! -e $T/none ] && [ 2 -gt 1 ] && echo all; [ x -gt 1 ] 2>/dev/null; echo $?; [ "" ]; echo $?)sh"},
    {"comments", "echo a # not this\n# nor that\necho b#c"},
    {"continued lines", "echo a \\\n  b; x=1 \\\n  y=2; echo $x$y"},
    {"cksum, grep, tr",
     R"sh(printf 'one\ntwo\n' >$T/t; cksum <$T/t; grep -e '^t' $T/t /dev/null | while IFS=: read -r a b; do echo $b; done; grep -v -e '^o' <$T/t; tr '\n' ' ' <$T/t; echo; grep -F -e nothing $T/t; echo $?)sh"},
    {"exit in a function", R"sh(f() { exit 7; }; f; echo never)sh"},
    {"what is cut is nothing", "{ echo a; echo b"},
    {"an and-or over lines", "true &&\n  echo a ||\n  echo b"},
    {"negation in a condition",
     R"sh(if ! [ a = b ]; then echo differ; fi; while ! true; do echo never; done; echo $?)sh"},
    {"status after a loop",
     R"sh(for i in 1; do false; done; echo $?; for i in; do :; done; echo $?; while false; do :; done; echo $?)sh"},
    {"unset IFS", "IFS='}'; x='a}b c'; set -- $x; echo $#; unset IFS; set -- $x; echo $#"},
};

struct Ended {
  std::string output;
  int status = 0;
};

Ended in_simulator(const std::string& text) {
  sim::Kernel kernel(1);
  sim::Machine machine(kernel, "one");
  sim::add_core_programs(machine);
  machine.files.make_folders("/work");
  Ended ended;
  const auto output = std::make_shared<sim::Sink>([&](std::string_view bytes) {
    ended.output += bytes;
    return true;
  });
  const auto process =
      sim::start_script(machine, "T=/work\n" + text, output, std::make_shared<sim::NullStream>());
  kernel.run();
  REQUIRE(process->finished);
  ended.status = process->status;
  return ended;
}

Ended in_real_shell(const std::string& text) {
  std::string folder = (std::filesystem::temp_directory_path() / "segue-sim-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  std::string output =
      shell_output("/bin/sh -c '/bin/sh 2>/dev/null; echo =$?'", "T=" + folder + "\n" + text);
  std::filesystem::remove_all(folder);
  const size_t mark = output.rfind('=');
  REQUIRE(mark != std::string::npos);
  const int status = std::atoi(output.c_str() + mark + 1);
  output.resize(mark);
  return {std::move(output), status};
}

}  // namespace

TEST_CASE("The simulator's shell does what a real one does") {
  for (const Snippet& snippet : kSnippets) {
    INFO(snippet.name << "\n" << snippet.text);
    const Ended ours = in_simulator(snippet.text);
    const Ended real = in_real_shell(snippet.text);
    CHECK(ours.output == real.output);
    CHECK(ours.status == real.status);
  }
}

TEST_CASE("What the simulator's shell does not know is an error that names it") {
  for (const char* text : {"x=`date`", "cat <<END\nEND", "awk 1", "printf '%5s' a", "set -e",
                           "echo ${x/a/b}", "trap : EXIT", "[ -O / ]", "rm -i x", "kill -9 1"}) {
    INFO(text);
    CHECK_THROWS_AS(in_simulator(text), sim::Unsupported);
  }
}

// Recursive descent over the characters themselves: in the shell's language it depends on the place
// what a word is, and $(...) holds a whole program.
#include "syntax.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sim {
namespace {

bool is_name_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool is_name_character(char c) {
  return is_name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool is_name(std::string_view text) {
  return !text.empty() && is_name_start(text.front()) &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

bool ends_word(char c) {
  return std::string_view(" \t\n;&|<>()").find(c) != std::string_view::npos;
}

constexpr std::array<std::string_view, 9> kClosers{"}",  "fi",   "then", "else", "elif",
                                                   "do", "done", "esac", ")"};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Program whole() {
    Program program = list();
    if (!at_end()) refuse("unexpected " + std::string(text_.substr(position_, 20)));
    return program;
  }

 private:
  using Kind = Command::Kind;

  // --- characters
  bool at_end() const { return position_ >= text_.size(); }
  char here(size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  bool looking_at(std::string_view wanted) const {
    return text_.substr(position_, wanted.size()) == wanted;
  }
  bool take(std::string_view wanted) {
    if (!looking_at(wanted)) return false;
    position_ += wanted.size();
    return true;
  }
  [[noreturn]] void refuse(const std::string& what) const {
    const auto end = text_.begin() + static_cast<long>(std::min(position_, text_.size()));
    const auto line = 1 + std::count(text_.begin(), end, '\n');
    throw SyntaxError("line " + std::to_string(line) + ": " + what);
  }
  void skip_blanks() {
    while (true) {
      while (here() == ' ' || here() == '\t') ++position_;
      if (take("\\\n")) continue;
      if (here() != '#') return;
      while (!at_end() && here() != '\n') ++position_;
    }
  }
  void skip_newlines() {
    skip_blanks();
    while (here() == '\n') {
      ++position_;
      skip_blanks();
    }
  }

  // --- reserved words, which are such only where a command begins
  std::string_view bare_word() const {
    size_t end = position_;
    while (end < text_.size() && !ends_word(text_[end])) ++end;
    return text_.substr(position_, end - position_);
  }
  bool take_word(std::string_view word) {
    skip_newlines();
    if (bare_word() != word) return false;
    position_ += word.size();
    return true;
  }
  void need_word(std::string_view word) {
    if (!take_word(word)) refuse("expected " + std::string(word));
  }
  bool at_closer() const {
    if (at_end() || here() == ')' || looking_at(";;")) return true;
    return std::find(kClosers.begin(), kClosers.end(), bare_word()) != kClosers.end();
  }

  // --- commands
  Program list() {
    auto all = std::make_shared<Command>();
    all->kind = Kind::list;
    while (true) {
      skip_newlines();
      if (at_closer()) break;
      Program next = and_or();
      skip_blanks();
      if (here() == '&' && here(1) != '&') {
        ++position_;
        next = wrap(Kind::background, {next});
      } else if (here() == ';' && here(1) != ';') {
        ++position_;
      } else if (here() != '\n') {
        all->children.push_back(std::move(next));
        break;
      }
      all->children.push_back(std::move(next));
    }
    if (all->children.size() == 1) return all->children.front();
    return all;
  }

  static Program wrap(Kind kind, std::vector<Program> children) {
    auto command = std::make_shared<Command>();
    command->kind = kind;
    command->children = std::move(children);
    return command;
  }

  Program body() {
    Program program = list();
    const bool empty = program->kind == Kind::list && program->children.empty();
    if (empty) refuse("a command is missing");
    return program;
  }

  Program and_or() {
    Program left = pipeline();
    while (true) {
      skip_blanks();
      Kind kind = Kind::both;
      if (take("||")) {
        kind = Kind::either;
      } else if (!take("&&")) {
        return left;
      }
      skip_newlines();
      left = wrap(kind, {left, pipeline()});
    }
  }

  Program pipeline() {
    skip_blanks();
    bool negated = false;
    while (bare_word() == "!") {
      ++position_;
      skip_blanks();
      negated = !negated;
    }
    std::vector<Program> stages{command()};
    skip_blanks();
    while (here() == '|' && here(1) != '|') {
      ++position_;
      skip_newlines();
      stages.push_back(command());
      skip_blanks();
    }
    if (stages.size() == 1 && !negated) return stages.front();
    auto all = std::make_shared<Command>();
    all->kind = Kind::pipeline;
    all->children = std::move(stages);
    all->negated = negated;
    return all;
  }

  Program command() {
    skip_blanks();
    if (at_end()) refuse("a command is missing");
    auto made = std::make_shared<Command>();
    const std::string_view word = bare_word();
    if (here() == '(') {
      ++position_;
      made->kind = Kind::subshell;
      made->children = {body()};
      skip_newlines();
      if (!take(")")) refuse("expected )");
    } else if (word == "{") {
      ++position_;
      made->kind = Kind::group;
      made->children = {body()};
      need_word("}");
    } else if (word == "if") {
      branch(*made);
    } else if (word == "while" || word == "until") {
      loop(*made, word == "until");
    } else if (word == "for") {
      each(*made);
    } else if (word == "case") {
      choice(*made);
    } else if (is_function(word)) {
      function(*made);
      return made;
    } else {
      if (at_closer()) refuse("unexpected " + std::string(word));
      simple(*made);
      return made;
    }
    redirections(*made);
    return made;
  }

  void branch(Command& made) {
    position_ += here() == 'i' ? 2 : 4;  // `if` or `elif`
    made.kind = Kind::branch;
    made.children.push_back(body());
    need_word("then");
    made.children.push_back(body());
    skip_newlines();
    if (bare_word() == "elif") {
      auto rest = std::make_shared<Command>();
      branch(*rest);
      made.children.push_back(rest);
      return;
    }
    if (take_word("else")) made.children.push_back(body());
    need_word("fi");
  }

  void loop(Command& made, bool negated) {
    position_ += 5;
    made.kind = Kind::loop;
    made.negated = negated;
    made.children.push_back(body());
    need_word("do");
    made.children.push_back(body());
    need_word("done");
  }

  void each(Command& made) {
    position_ += 3;
    skip_blanks();
    made.kind = Kind::each;
    made.name = std::string(bare_word());
    if (!is_name(made.name)) refuse("for needs a name");
    position_ += made.name.size();
    skip_blanks();
    if (take_word("in")) {
      skip_blanks();
      while (!at_end() && here() != ';' && here() != '\n') {
        made.words.push_back(word());
        skip_blanks();
      }
    } else {
      made.all_arguments = true;
    }
    skip_blanks();
    take(";");
    need_word("do");
    made.children = {body()};
    need_word("done");
  }

  void choice(Command& made) {
    position_ += 4;
    skip_blanks();
    made.kind = Kind::choice;
    made.words = {word()};
    need_word("in");
    while (!take_word("esac")) {
      if (at_end()) refuse("expected esac");
      take("(");
      Command::Case next;
      do {
        skip_blanks();
        next.patterns.push_back(word());
        skip_blanks();
      } while (take("|"));
      if (!take(")")) refuse("expected ) after a pattern");
      next.body = list();
      made.cases.push_back(std::move(next));
      skip_newlines();
      take(";;");
    }
  }

  bool is_function(std::string_view name) const {
    return is_name(name) && text_.substr(position_ + name.size(), 2) == "()";
  }

  void function(Command& made) {
    made.kind = Kind::function;
    made.name = std::string(bare_word());
    position_ += made.name.size() + 2;
    skip_newlines();
    made.children = {command()};
  }

  void simple(Command& made) {
    while (true) {
      skip_blanks();
      if (redirection(made)) continue;
      if (at_end() || here() == '\n' || here() == ';' || here() == '&' || here() == '|' ||
          here() == ')')
        break;
      if (here() == '(') refuse("unexpected (");
      if (made.words.empty() && assignment(made)) continue;
      made.words.push_back(word());
    }
  }

  bool assignment(Command& made) {
    size_t end = position_;
    while (end < text_.size() && is_name_character(text_[end])) ++end;
    const std::string name(text_.substr(position_, end - position_));
    if (!is_name(name) || end >= text_.size() || text_[end] != '=') return false;
    position_ = end + 1;
    const bool empty = at_end() || ends_word(here());
    made.assignments.emplace_back(name, empty ? Word{} : word());
    return true;
  }

  void redirections(Command& made) {
    do skip_blanks();
    while (redirection(made));
  }

  bool redirection(Command& made) {
    size_t digits = 0;
    while (std::isdigit(static_cast<unsigned char>(here(digits))) != 0) ++digits;
    const char sign = here(digits);
    if (sign != '<' && sign != '>') return false;
    Redirection made_here;
    made_here.descriptor = sign == '<' ? 0 : 1;
    if (digits > 0) made_here.descriptor = std::stoi(std::string(text_.substr(position_, digits)));
    position_ += digits;
    if (looking_at("<<") || looking_at(">|"))
      throw Unsupported("the redirection " + std::string(text_.substr(position_, 2)));
    using Way = Redirection::Kind;
    if (take("<>"))
      made_here.kind = Way::read_write;
    else if (take(">>"))
      made_here.kind = Way::append;
    else if (take(">&") || take("<&"))
      made_here.kind = Way::duplicate;
    else
      made_here.kind = take("<") ? Way::read : (++position_, Way::write);
    skip_blanks();
    made_here.target = word();
    made.redirections.push_back(std::move(made_here));
    return true;
  }

  // --- words
  Word word() {
    Word parts;
    const size_t start = position_;
    while (!at_end() && !ends_word(here())) part(parts);
    if (position_ == start) refuse("a word is missing");
    return parts;
  }

  static void literal(Word& parts, std::string_view text, bool quoted) {
    if (!parts.empty() && parts.back().kind == WordPart::Kind::literal &&
        parts.back().quoted == quoted) {
      parts.back().text += text;
      return;
    }
    WordPart made;
    made.quoted = quoted;
    made.text = text;
    parts.push_back(std::move(made));
  }

  // One piece of an unquoted word.
  void part(Word& parts) {
    const char c = here();
    if (c == '\'') {
      const size_t end = text_.find('\'', position_ + 1);
      if (end == std::string_view::npos) refuse("a ' is missing");
      literal(parts, text_.substr(position_ + 1, end - position_ - 1), true);
      position_ = end + 1;
    } else if (c == '"') {
      double_quoted(parts);
    } else if (c == '\\') {
      position_ += 2;
      if (text_[position_ - 1] != '\n') literal(parts, text_.substr(position_ - 1, 1), true);
    } else if (c == '`') {
      throw Unsupported("`...`");
    } else if (c == '$') {
      dollar(parts, false);
    } else {
      literal(parts, text_.substr(position_++, 1), false);
    }
  }

  void double_quoted(Word& parts) {
    ++position_;
    literal(parts, "", true);
    while (here() != '"') {
      if (at_end()) refuse("a \" is missing");
      quoted_piece(parts);
    }
    ++position_;
  }

  void quoted_piece(Word& parts) {
    if (here() == '$') return dollar(parts, true);
    if (here() == '`') throw Unsupported("`...`");
    if (here() == '"') throw Unsupported("quotes in a quoted expansion");
    if (here() == '\\' && std::string_view("$`\"\\\n").find(here(1)) != std::string_view::npos) {
      if (here(1) != '\n') literal(parts, text_.substr(position_ + 1, 1), true);
      position_ += 2;
      return;
    }
    literal(parts, text_.substr(position_++, 1), true);
  }

  void dollar(Word& parts, bool quoted) {
    WordPart made;
    made.quoted = quoted;
    const char next = here(1);
    if (looking_at("$((")) {
      position_ += 3;
      made.kind = WordPart::Kind::arithmetic;
      made.argument = std::make_shared<Word>();
      int depth = 0;
      while (depth > 0 || !looking_at("))")) {
        if (at_end()) refuse("expected ))");
        depth += here() == '(' ? 1 : here() == ')' ? -1 : 0;
        quoted_piece(*made.argument);
      }
      position_ += 2;
    } else if (next == '(') {
      position_ += 2;
      made.kind = WordPart::Kind::command;
      made.program = list();
      skip_newlines();
      if (!take(")")) refuse("expected ) after $(");
    } else if (next == '{') {
      braced(made);
    } else if (std::string_view("@*#?$!-").find(next) != std::string_view::npos ||
               std::isdigit(static_cast<unsigned char>(next)) != 0) {
      made.kind = WordPart::Kind::parameter;
      made.text = next;
      position_ += 2;
    } else if (is_name_start(next)) {
      made.kind = WordPart::Kind::parameter;
      for (++position_; is_name_character(here()); ++position_) made.text += here();
    } else {
      ++position_;
      return literal(parts, "$", quoted);
    }
    parts.push_back(std::move(made));
  }

  // ${name}, ${name:-word}, ${name##pattern}, ${#name}
  void braced(WordPart& made) {
    position_ += 2;
    made.kind = WordPart::Kind::parameter;
    if (here() == '#' && here(1) != '}') {
      ++position_;
      made.operation = "length";
    }
    if (is_name_start(here())) {
      while (is_name_character(here())) made.text += text_[position_++];
    } else if (std::isdigit(static_cast<unsigned char>(here())) != 0) {
      while (std::isdigit(static_cast<unsigned char>(here())) != 0) made.text += text_[position_++];
    } else {
      made.text = here();
      ++position_;
    }
    if (take("}")) return;
    for (const char* known : {":-", ":+", "##", "%%", "#", "%", "-", "+"}) {
      if (!take(known)) continue;
      made.operation = known;
      made.argument = std::make_shared<Word>();
      const bool is_pattern = known[0] == '#' || known[0] == '%';
      while (here() != '}') {
        if (at_end()) refuse("expected }");
        // Quotes inside of a quoted expansion quote the pattern, and are text in a default.
        if (made.quoted && !is_pattern)
          quoted_piece(*made.argument);
        else
          part(*made.argument);
      }
      ++position_;
      return;
    }
    throw Unsupported("the expansion ${" + made.text + std::string(text_.substr(position_, 3)));
  }

  std::string_view text_;
  size_t position_ = 0;
};

}  // namespace

Program parse_shell(std::string_view text) {
  return Parser(text).whole();
}

}  // namespace sim

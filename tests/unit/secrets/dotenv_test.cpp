#include "segue/secrets/dotenv.hpp"

#include "support/catch.hpp"

#include "segue/base/text.hpp"

using namespace segue;

namespace {

std::map<std::string, std::string> read(std::string_view text) {
  const auto values = parse_dotenv(".env", text);
  if (!values) FAIL(values.error().what);
  std::map<std::string, std::string> plain;
  for (const auto& [name, secret] : *values) plain[name] = secret.reveal();
  return plain;
}

std::string mistake(std::string_view text) {
  const auto values = parse_dotenv(".env", text);
  REQUIRE_FALSE(values);
  CHECK(values.error().code == Code::usage);
  CHECK_FALSE(contains(values.error().what + values.error().hint, "hunter2"));
  return values.error().what;
}

using Plain = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("plain lines, comments, blanks and export are read as a shell would") {
  CHECK(read("\n# comment\nA=1\n export  B = two words \nC=\nD=a#b # not this\nE=x=y\r\nF=#\n") ==
        Plain{{"A", "1"}, {"B", "two words"}, {"C", ""}, {"D", "a#b"}, {"E", "x=y"}, {"F", ""}});
  CHECK(read("exported=1\nexport_this=2") == Plain{{"exported", "1"}, {"export_this", "2"}});
  CHECK(read("").empty());
}

TEST_CASE("the file that Jiji's users have is read as it is") {
  CHECK(read("# .env (or .env.production for environment-specific)\n"
             "DATABASE_URL=postgres://user:pass@host:5432/db\n"
             "API_KEY=secret123\n"
             "JWT_SECRET=your-jwt-secret\n") ==
        Plain{{"DATABASE_URL", "postgres://user:pass@host:5432/db"},
              {"API_KEY", "secret123"},
              {"JWT_SECRET", "your-jwt-secret"}});
}

TEST_CASE("single quotes keep everything, double quotes know escapes, both may span lines") {
  CHECK(read("A='$x \\n \"q\" # no'  # comment\n").at("A") == "$x \\n \"q\" # no");
  CHECK(read(R"(A="a\nb\"c\\d\$e\qf")").at("A") == "a\nb\"c\\d$e\\qf");
  CHECK(read("KEY=\"-----BEGIN\nabc\n-----END\"\nB=2\n") ==
        Plain{{"KEY", "-----BEGIN\nabc\n-----END"}, {"B", "2"}});
  CHECK(read("A='x\ny'").at("A") == "x\ny");
  CHECK(read("\xEF\xBB\xBF"
             "A=1")
            .at("A") == "1");
}

TEST_CASE("mistakes name the line and never the value") {
  CHECK(mistake("A=1\nhunter2\n") == ".env:2: this is not KEY=VALUE");
  CHECK(mistake("A=1\n2B=hunter2\n") == ".env:2: this is not KEY=VALUE");
  CHECK(mistake("A=\"x\ny\"\nB='hunter2\n\n") == ".env:3: this quote is never closed");
  CHECK(mistake("A='hunter2'hunter2\n") == ".env:1: something follows the closing quote");
  CHECK(mistake("A=1\n\nA=hunter2\n") == ".env:3: A is given twice");
  CHECK(mistake(std::string_view("A=\0hunter2", 10)) ==
        ".env:1: a NUL byte: this is not a text file");
}

// The command line: exit codes that scripts rely on, and errors that say what was meant.
#include "engine/cli/command.hpp"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "engine/cli/client.hpp"

namespace spate::cli {
namespace {

struct Said {
  int code;
  std::string out;
  std::string err;
};

Said say(const std::vector<std::string>& arguments) {
  std::istringstream in;
  std::ostringstream out, err;
  Console console{in, out, err, false};
  const int code = run(arguments, console);
  return {code, out.str(), err.str()};
}

TEST(CommandLine, SuggestsTheNearestSubcommandAndFlag) {
  const Said typo = say({"sned"});
  EXPECT_EQ(typo.code, exit_usage);
  EXPECT_NE(typo.err.find("did you mean 'send'?"), std::string::npos) << typo.err;
  const Said flag = say({"get", "redemptions", "--limt", "3"});
  EXPECT_EQ(flag.code, exit_usage);
  EXPECT_NE(flag.err.find("did you mean '--limit'?"), std::string::npos) << flag.err;
  const Said nested = say({"config", "shw"});
  EXPECT_NE(nested.err.find("did you mean 'show'?"), std::string::npos) << nested.err;
}

TEST(CommandLine, TellsWhatIsMissing) {
  EXPECT_EQ(say({}).code, exit_usage);
  const Said send = say({"send", "redemptions"});
  EXPECT_EQ(send.code, exit_usage);
  EXPECT_NE(send.err.find("Try: spate send --help"), std::string::npos) << send.err;
}

TEST(CommandLine, RefusesANumberOutOfItsRangeAndNamesTheRange) {
  const Said none = say({"get", "redemptions", "--limit", "0"});
  EXPECT_EQ(none.code, exit_usage);
  EXPECT_NE(none.err.find("--limit: must be 1 to 1000"), std::string::npos) << none.err;
  EXPECT_EQ(say({"get", "redemptions", "--limit", "1001"}).code, exit_usage);
  const Said late = say({"send", "redemptions", "s", "close", "--wait", "31"});
  EXPECT_EQ(late.code, exit_usage);
  EXPECT_NE(late.err.find("--wait: must be 1 to 30"), std::string::npos) << late.err;
  const Said never = say({"load", "--rate", "0"});
  EXPECT_EQ(never.code, exit_usage);
  EXPECT_NE(never.err.find("--rate: must be at least 1"), std::string::npos) << never.err;
}

TEST(CommandLine, TeachesEverySubcommandByExample) {
  for (const auto& command : all_commands()) {
    std::vector<std::string> words;
    std::istringstream name{std::string(command->name())};
    for (std::string word; name >> word;) words.push_back(word);
    words.push_back("--help");
    const Said help = say(words);
    EXPECT_EQ(help.code, exit_done) << command->name();
    EXPECT_NE(help.out.find("Example"), std::string::npos) << command->name();
    EXPECT_NE(help.out.find("  spate " + std::string(command->name())), std::string::npos)
        << "an example that can be pasted: " << command->name();
  }
}

TEST(CommandLine, SaysOfEverySubcommandWhatItIsFor) {
  const std::string help = say({"--help"}).out;
  std::istringstream lines(help.substr(help.find("Subcommands:")));
  std::string line;
  std::getline(lines, line);
  std::size_t subcommands = 0;
  for (; std::getline(lines, line) && !line.empty(); ++subcommands) {
    const std::size_t name_end = line.find(' ', 2);
    EXPECT_NE(line.find_first_not_of(' ', name_end), std::string::npos) << line;
  }
  EXPECT_GT(subcommands, 10u) << help;
}

TEST(CommandLine, AGroupTeachesWhereToLookNext) {
  const Said help = say({"log", "--help"});
  EXPECT_EQ(help.code, exit_done);
  EXPECT_NE(help.out.find("spate log SUBCOMMAND --help"), std::string::npos) << help.out;
  EXPECT_EQ(help.out.find("spate serve"), std::string::npos) << help.out;
}

TEST(CommandLine, TellsItsVersionAsProgramsDo) {
  const Said version = say({"--version"});
  EXPECT_EQ(version.code, exit_done) << version.err;
  EXPECT_EQ(version.out, "spate " SPATE_VERSION "\n");
}

TEST(CommandLine, NamesEverySubcommandOnce) {
  std::set<std::string_view> names;
  for (const auto& command : all_commands()) EXPECT_TRUE(names.insert(command->name()).second);
}

TEST(CommandLine, SaysWhereNoServerIs) {
  const Said sent = say({"send", "redemptions", "load", "open", "{}", "--server", "127.0.0.1:1"});
  EXPECT_EQ(sent.code, exit_unreachable) << sent.err;
  EXPECT_NE(sent.err.find("spate serve"), std::string::npos) << sent.err;
}

TEST(CommandLine, RefusesAServerWithoutADirectory) {
  const Said refused = say({"serve"});
  EXPECT_EQ(refused.code, exit_usage);
  EXPECT_NE(refused.err.find("--data"), std::string::npos) << refused.err;
}

TEST(CommandLine, RefusesADirectoryWithoutALog) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"log", "verify"}, {"log", "dump"}, {"replay", "verify"}}) {
    std::vector<std::string> arguments = words;
    arguments.insert(arguments.end(), {"--data", "/nonexistent"});
    const Said refused = say(arguments);
    EXPECT_EQ(refused.code, exit_usage) << refused.err;
    EXPECT_NE(refused.err.find("no_log"), std::string::npos) << refused.err;
  }
}

TEST(CommandLine, RefusesLoadsThatContradictThemselves) {
  EXPECT_NE(say({"load", "--spike", "10x"}).err.find("--spike needs --rate"), std::string::npos);
  EXPECT_EQ(say({"load", "--spike", "ten", "--rate", "5"}).code, exit_usage);
  EXPECT_EQ(say({"load", "--duplicates", "99"}).code, exit_usage);
}

edge::ClientResponse answer(int status, std::string body) { return {status, {}, std::move(body)}; }

TEST(Judgement, IsTheSameForTheSameStatus) {
  std::istringstream in;
  std::ostringstream out, err;
  Console console{in, out, err, false};
  EXPECT_EQ(judge(answer(200, "{}"), console), exit_done);
  EXPECT_EQ(judge(answer(409, "{\"code\":\"sold_out\",\"title\":\"Sold out\"}"), console), exit_no);
  EXPECT_NE(err.str().find("sold_out: Sold out"), std::string::npos);
  EXPECT_EQ(judge(answer(412, "{}"), console), exit_no);
  EXPECT_EQ(judge(answer(422, "{}"), console), exit_no);
  EXPECT_EQ(judge(answer(400, "{\"errors\":[{\"pointer\":\"/x\",\"detail\":\"is no y\"}]}"), console),
            exit_usage);
  EXPECT_NE(err.str().find("pointer '/x': is no y"), std::string::npos) << err.str();
  EXPECT_EQ(judge(answer(202, "{\"outcome\":\"pending\"}"), console), exit_timed_out);
  EXPECT_EQ(judge(answer(202, "{\"outcome\":\"parked\"}"), console), exit_no);
  EXPECT_EQ(judge(answer(503, "no json"), console), exit_unreachable);
}

TEST(Printing, ShowsTheSameValueInThreeWays) {
  const std::string body = "{\"items\":[{\"a\":1,\"b\":\"x\"},{\"a\":22,\"b\":null}],\"next\":null}";
  std::ostringstream json, yaml, table;
  print_body(body, "json", json);
  print_body(body, "yaml", yaml);
  print_body(body, "table", table);
  EXPECT_EQ(json.str(), body + "\n");
  EXPECT_EQ(yaml.str(), "items:\n  -\n    a: 1\n    b: \"x\"\n  -\n    a: 22\n    b: null\nnext: null\n");
  EXPECT_EQ(table.str(), "a   b\n1   x\n22  -\n");
}

}  // namespace
}  // namespace spate::cli

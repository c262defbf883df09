// Pages are written from the schema's doc comments; without one the name has to speak for itself.
#include "engine/codec/problem_page.hpp"

#include "engine/api/envelope.hpp"

namespace spate {
namespace {

/// Up to and with the first full stop that ends a sentence.
std::string_view first_sentence(std::string_view doc) {
  for (std::size_t at = doc.find('.'); at != std::string_view::npos; at = doc.find('.', at + 1))
    if (at + 1 == doc.size() || doc[at + 1] == ' ') return doc.substr(0, at + 1);
  return doc;
}

/// `name` becomes code.
std::string html(std::string_view text) {
  std::string out;
  bool in_code = false;
  for (char c : text) {
    switch (c) {
      case '`':
        in_code = !in_code;
        out += in_code ? "<code>" : "</code>";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  if (in_code) out += "</code>";
  return out;
}

/// What the status promises; this 409 alone is no outcome of a command.
std::string_view consequence(std::string_view code, int status) {
  if (code == "position_unknown")
    return "Nothing was read and nothing happened: read again without the position or cursor.";
  switch (status) {
    case 409:
    case 412:
      return "This is an answer, not a failure: the command was decided, its answer is stored, and "
             "sending it again with the same Idempotency-Key gives the same answer. To try anew, "
             "send a new command with another key.";
    case 422:
      return "Nothing happened. The first command under this key stands as it was answered.";
    case 429:
    case 503:
      return "Wait as long as Retry-After says and send the same command with the same "
             "Idempotency-Key: it takes effect at most once.";
    case 500:
      return "Send the same command with the same Idempotency-Key: it takes effect at most once.";
    default:
      return "Nothing happened and nothing was stored: correct the request and send it again.";
  }
}

}  // namespace

std::string in_words(std::string_view snake_name) {
  std::string words(snake_name);
  for (char& c : words)
    if (c == '_') c = ' ';
  if (!words.empty() && words[0] >= 'a' && words[0] <= 'z')
    words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words;
}

int rejection_status(const RejectionPlan& rejection) {
  return rejection.code == static_cast<uint16_t>(BuiltInRejection::precondition_failed) ? 412 : 409;
}

ProblemText problem_text(const RejectionPlan& rejection) {
  const std::string_view meaning = first_sentence(rejection.doc);
  std::string_view remedy = std::string_view(rejection.doc).substr(meaning.size());
  if (remedy.starts_with(' ')) remedy.remove_prefix(1);
  return {rejection.title, rejection.name, rejection_status(rejection), meaning, remedy};
}

std::string problem_page_text(const ProblemText& problem) {
  std::string page = std::string(problem.title) + "\n\ncode:   " + std::string(problem.code) +
                     "\nstatus: " + std::to_string(problem.status) + '\n';
  if (!problem.meaning.empty()) page += "\nWhat it means: " + std::string(problem.meaning) + '\n';
  if (!problem.remedy.empty()) page += "\nWhat to do next: " + std::string(problem.remedy) + '\n';
  return page + '\n' + std::string(consequence(problem.code, problem.status)) + '\n';
}

std::string problem_page_html(const ProblemText& problem) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      html(problem.title) +
      "</title>\n<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;"
      "padding:0 1rem;color:#222;background:#fff}code{background:#eee;padding:.1rem "
      ".3rem}</style>\n"
      "<h1>" +
      html(problem.title) + "</h1>\n<p><code>" + html(problem.code) +
      "</code>, HTTP status " + std::to_string(problem.status) + "</p>\n";
  if (!problem.meaning.empty())
    page += "<h2>What it means</h2>\n<p>" + html(problem.meaning) + "</p>\n";
  page += "<h2>What to do next</h2>\n";
  if (!problem.remedy.empty()) page += "<p>" + html(problem.remedy) + "</p>\n";
  return page + "<p>" + html(consequence(problem.code, problem.status)) + "</p>\n</html>\n";
}

}  // namespace spate

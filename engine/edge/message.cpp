// Header look-up and the writing of responses.
#include "engine/edge/message.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace spate::edge {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

void append_number(std::string& out, std::size_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

const Header* Request::find(std::string_view name) const {
  for (const Header& h : headers)
    if (same_name(h.name, name)) return &h;
  return nullptr;
}

std::size_t Request::count(std::string_view name) const {
  std::size_t n = 0;
  for (const Header& h : headers) n += same_name(h.name, name) ? 1 : 0;
  return n;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

std::string http_date(Instant at) {
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  using namespace std::chrono;
  const auto second = floor<seconds>(sys_time<nanoseconds>(nanoseconds(at.ns)));
  const auto day = floor<std::chrono::days>(second);
  const year_month_day date(day);
  const hh_mm_ss time(second - day);
  char text[40];
  std::snprintf(text, sizeof text, "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT",
                days.substr(3 * weekday(day).c_encoding()).data(),
                static_cast<unsigned>(date.day()),
                months.substr(3 * (static_cast<unsigned>(date.month()) - 1)).data(),
                static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return text;
}

void serialise(const Response& response, std::string_view date, bool with_body,
               std::string_view connection, std::string& out) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(response.status));
  out += ' ';
  out += reason_phrase(response.status);
  if (!response.type.empty()) {
    out += "\r\nContent-Type: ";
    out += response.type;
    out += "\r\nContent-Length: ";
    append_number(out, response.body.size());
  }
  out += "\r\nDate: ";
  out += date;
  out += "\r\n";
  out += response.headers;
  if (!connection.empty()) {
    out += "Connection: ";
    out += connection;
    out += "\r\n";
  }
  out += "\r\n";
  if (with_body) out += response.body;
}

}  // namespace spate::edge

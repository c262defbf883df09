// Whether every command was decided once, the stock conserved, and both sides decided alike.
#include <cstdio>
#include <unordered_map>

#include "bench/kafka/flow_client.hpp"
#include "bench/kafka/outcomes.hpp"
#include "engine/base/hash.hpp"

namespace spate::bench {
namespace {

struct HashOfId {
  std::size_t operator()(const CommandId& id) const { return id.lo; }
};
using Book = std::unordered_map<CommandId, Decided, HashOfId>;

void note(Book& book, const Decided& decided, const char* side) {
  const auto [entry, is_new] = book.emplace(decided.id, decided);
  entry->second.claimant = {};
  if (!is_new) fail(std::string(side) + " decided one id twice");
}

Book read_spate(const std::string& brokers, const std::string& topic) {
  Book book;
  read_topic(brokers, topic, false, [&](const rd_kafka_message_t& message) {
    if (const auto decided = decided_by_spate(message)) note(book, *decided, "spate");
  });
  return book;
}

Book read_streams(const std::string& brokers, const std::string& topic) {
  Book book;
  read_topic(brokers, topic, true, [&](const rd_kafka_message_t& message) {
    note(book, decided_by_streams(message), "streams");
  });
  return book;
}

/// A campaign's pieces as its outcomes show them.
struct Stock {
  uint64_t given = 0, least_left = UINT64_MAX, last_serial = 0;
};

/// The number of accepted ones. Every command of the workload is asked for, by its own id.
uint64_t check(const Book& book, const Workload& workload, const std::string& side) {
  std::vector<Stock> stocks(workload.campaigns);
  uint64_t ids = 0, accepted = 0;
  for (uint64_t n = 0; n < workload.count; ++n) {
    if (workload.wish(n) != n) continue;  // the same id again
    ++ids;
    const auto found =
        book.find(command_id(source, "redemptions", workload.campaign(n), Workload::id(n)));
    if (found == book.end()) fail(side + " did not decide command " + std::to_string(n));
    const Decided& decided = found->second;
    accepted += decided.is_accepted;
    if (!decided.is_accepted || workload.opens(n)) continue;
    Stock& stock = stocks[n % workload.campaigns];
    ++stock.given;
    stock.least_left = std::min(stock.least_left, decided.remaining);
    stock.last_serial = std::max(stock.last_serial, decided.serial);
  }
  if (book.size() != ids)
    fail(side + " decided " + std::to_string(book.size()) + " ids of " + std::to_string(ids));
  for (const Stock& stock : stocks)
    if (stock.given != 0 && (stock.given != stock.last_serial ||
                             stock.given + stock.least_left != workload.stock))
      fail(side + " did not conserve a campaign's stock");
  return accepted;
}

}  // namespace

int judge(const Arguments& arguments) {
  const Workload workload = workload_of(arguments);
  const std::string brokers = text_of(arguments, "kafka");
  Book spate, streams;
  uint64_t accepted = 0, ids = 0;
  if (arguments.contains("spate")) {
    spate = read_spate(brokers, text_of(arguments, "spate"));
    accepted = check(spate, workload, "spate");
    ids = spate.size();
  }
  if (arguments.contains("streams")) {
    streams = read_streams(brokers, text_of(arguments, "streams"));
    accepted = check(streams, workload, "streams");
    ids = streams.size();
  }
  if (arguments.contains("spate") && arguments.contains("streams"))
    for (const auto& [id, decided] : spate)
      if (!(streams.at(id) == decided)) fail("one command was decided in two ways");
  std::printf("{\"ids_decided_once\":%lu,\"accepted\":%lu,\"stock\":\"conserved\"}\n", ids, accepted);
  return 0;
}

}  // namespace spate::bench

// One pass over the outcomes; only the newest are kept on the way.
#include "engine/app/refused_commands.hpp"

#include <algorithm>
#include <deque>

#include "engine/api/raw_record.hpp"
#include "engine/app/log_source.hpp"
#include "engine/base/text.hpp"

namespace spate {
namespace {

void take_raw(const envelope::RawRecord& raw, RefusedCommand& refused) {
  refused.offset = raw.offset();
  const Bytes key = bytes_of(raw.key()), value = bytes_of(raw.value());
  if (raw.key_bytes() > 0) refused.key = std::string(as_text(key));
  if (!raw.tombstone()) refused.value = std::string(as_text(value));
  const std::size_t headers = raw.headers() == nullptr ? 0 : raw.headers()->size();
  for (std::size_t i = 0; i < headers; ++i) {
    const envelope::RawHeader* header = raw.headers()->Get(static_cast<uint32_t>(i));
    refused.headers.emplace_back(as_text(bytes_of(header->name())),
                                 as_text(bytes_of(header->value())));
  }
  refused.is_whole = key.size() == raw.key_bytes() && value.size() == raw.value_bytes() &&
                     headers == raw.headers_count();
}

RefusedCommand refused_of(const DomainPlan& plan, const RecordView& record,
                          const envelope::Outcome& outcome) {
  RefusedCommand refused;
  refused.domain = plan.name;
  refused.partition = {record.head.domain, record.head.index};
  refused.sequence = record.head.number;
  refused.at = {outcome.time()};
  refused.stream = text_of(outcome.stream());
  refused.id = id_of(outcome.id());
  refused.reason = text_of(outcome.reason());
  const Bytes bytes = bytes_of(outcome.command());
  flatbuffers::Verifier verifier(bytes.data(), bytes.size());
  if (bytes.empty() || !verifier.VerifyBuffer<envelope::Command>(nullptr)) return refused;
  if (const envelope::RawRecord* raw = raw_record_of(command_of(bytes))) {
    take_raw(*raw, refused);
  } else {
    refused.key = refused.stream;
    refused.value = std::string(as_text(bytes));
  }
  return refused;
}

Result<void> no_domain(const Catalog& catalog, const std::string& domain) {
  NearestName nearest(domain);
  for (const DomainPlan& plan : catalog.domains()) nearest.offer(plan.name);
  return stop("unknown_domain", "there is no domain '" + domain + "'" + nearest.hint());
}

}  // namespace

Result<std::vector<RefusedCommand>> find_refused(Log& log, const Catalog& catalog,
                                                 const RefusedQuery& query) {
  if (!query.domain.empty() && catalog.find(query.domain) == nullptr)
    TRY(no_domain(catalog, query.domain));
  std::vector<RefusedCommand> found;
  for (const DomainPlace& place : log.topology().domains()) {
    const DomainPlan* plan = catalog.find(place.name);
    if (plan == nullptr || (!query.domain.empty() && place.name != query.domain)) continue;
    for (uint16_t i = 0; i < place.partitions; ++i) {
      std::deque<RefusedCommand> newest;
      TRY(each_outcome(log, {place.number, i}, [&](const RecordView& record) {
        const envelope::Outcome& outcome = outcome_of(record.body);
        if (outcome.kind() != envelope::Kind::refused) return true;
        if (query.id && id_of(outcome.id()) != *query.id) return true;
        newest.push_back(refused_of(*plan, record, outcome));
        if (newest.size() > query.limit) newest.pop_front();
        return true;
      }));
      std::move(newest.begin(), newest.end(), std::back_inserter(found));
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  if (found.size() > query.limit)
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(query.limit));
  return found;
}

}  // namespace spate

// One record a command, without a ticket: whoever decides it answers nobody.
#include "engine/log/kafka_published.hpp"

#include <utility>

#include "engine/log/kafka_commands.hpp"
#include "schemas/envelope_generated.h"

namespace spate {

uint64_t KafkaPublished::publish(PartitionId partition, Bytes command) {
  if (!shared_.has_room(command.size())) return 0;
  uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ++last_;
    bytes_of_.emplace(number, command.size());
  }
  shared_.undurable_bytes += command.size();
  const auto* stream = flatbuffers::GetRoot<envelope::Command>(command.data())->stream();
  const Bytes key = stream == nullptr ? Bytes{} : Bytes{stream->Data(), stream->size()};
  const KafkaHeader headers[] = {{command_content_type_name, as_bytes(command_content_type)}};
  if (shared_.client.send_command(partition, mark | number, key, command, headers) ==
      KafkaClient::Sent::yes)
    return number;
  shared_.undurable_bytes -= command.size();
  const std::lock_guard lock(mutex_);
  bytes_of_.erase(number);
  return 0;
}

void KafkaPublished::reported(uint64_t token, bool is_durable) {
  const std::lock_guard lock(mutex_);
  const auto found = bytes_of_.find(token & ~mark);
  if (found == bytes_of_.end()) return;
  shared_.undurable_bytes -= found->second;
  told_.push_back({found->first, is_durable});
  bytes_of_.erase(found);
  if (bell_ != nullptr) bell_->ring();
}

std::vector<Log::Published> KafkaPublished::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(told_, {});
}

void KafkaPublished::on_event(Bell* bell) {
  const std::lock_guard lock(mutex_);
  bell_ = bell;
}

bool KafkaPublished::is_heard() const {
  const std::lock_guard lock(mutex_);
  return bell_ != nullptr;
}

}  // namespace spate

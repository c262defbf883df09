// AdminDoor: what operators ask of a running server; the edge carries it, somebody else answers.
#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "engine/edge/problem.hpp"

namespace spate::edge {

/// Any edge thread. Does not block: what takes time goes on in the background, and is looked at.
class AdminDoor {
 public:
  virtual ~AdminDoor() = default;
  /// `/admin/replay`, as JSON.
  virtual std::string replay() = 0;
  /// `/admin/replay/{order}`: how it is afterwards, as JSON, or what is wrong.
  virtual std::variant<std::string, Problem> replay_order(std::string_view order,
                                                          std::string_view body) = 0;
  /// `/admin/snapshot`, as JSON: the one that is being taken, or was last.
  virtual std::string snapshot() = 0;
  /// Takes one: how it is going, as JSON, or what is wrong.
  virtual std::variant<std::string, Problem> take_snapshot(std::string_view body) = 0;
  /// `/admin/scan`, as JSON: the scan that is under way, or was last.
  virtual std::string scan() = 0;
  /// Begins one: how it is going, as JSON, or what is wrong.
  virtual std::variant<std::string, Problem> order_scan(std::string_view body) = 0;
};

}  // namespace spate::edge

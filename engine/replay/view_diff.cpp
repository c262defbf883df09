// A merge of two cursors; equal bytes are equal views, others are read field by field.
#include "engine/replay/view_diff.hpp"

#include <algorithm>

namespace spate {
namespace {

/// `stream/key` as people write it.
std::string shown_key(std::string_view key, ViewSection section) {
  std::string_view body = body_in(key);
  if (section == ViewSection::newest) body.remove_prefix(sizeof(uint64_t));
  std::string shown(body);
  std::replace(shown.begin(), shown.end(), '\0', '/');
  return shown;
}

ByteBuffer copy_of(Bytes bytes) {
  ByteBuffer copy;
  copy.append(bytes);
  return copy;
}

}  // namespace

ViewDiff::ViewDiff(uint16_t domain, std::span<const ViewShape> shapes, Sides sides,
                   const ViewText& text, std::size_t examples_max)
    : domain_(domain), shapes_(shapes), sides_(sides), text_(text), examples_max_(examples_max) {}

/// Goes to the next section that views of this projection may lie in. False: that was the last.
bool ViewDiff::begin_next() {
  for (; section_ < 2 * shapes_.size(); ++section_) {
    const auto view = static_cast<uint8_t>(section_ / 2);
    const bool is_order = section_ % 2 == 1;
    if (view == 0) continue;  // ids begin at 1
    if (is_order && !shapes_[view].newest_first) continue;
    const KeyRange range =
        section_range(domain_, view, is_order ? ViewSection::newest : ViewSection::views);
    walk_.emplace();
    walk_->before = sides_.before.scan(range);
    walk_->after = sides_.after.scan(range);
    ViewDifference& difference = result_.emplace_back();
    difference.projection = text_.projection(domain_);
    difference.view = text_.view(domain_, view) + (is_order ? " (order)" : "");
    return true;
  }
  return false;
}

Result<Step> ViewDiff::step(std::size_t views_max) {
  for (std::size_t i = 0; i < views_max; ++i) {
    if (!walk_ && !begin_next()) return Step::idle;
    TRY(const bool found, compare_next());
    if (found) continue;
    result_.back().old_digest = walk_->before_digest.end();
    result_.back().new_digest = walk_->after_digest.end();
    walk_.reset();
    ++section_;
  }
  return Step::worked;
}

Result<bool> ViewDiff::compare_next() {
  ViewCursor& before = *walk_->before;
  ViewCursor& after = *walk_->after;
  TRY(before.status());
  TRY(after.status());
  if (!before.valid() && !after.valid()) return false;
  const int order = !before.valid()  ? 1
                    : !after.valid() ? -1
                                     : before.key().compare(after.key());
  if (order == 0) compare(before.key(), before.value(), after.value());
  if (order < 0) only(DiffExample::Kind::only_old, before.key());
  if (order > 0) only(DiffExample::Kind::only_new, after.key());
  if (order <= 0) {
    walk_->before_digest.add(before.key(), as_text(before.value()));
    before.next();
  }
  if (order >= 0) {
    walk_->after_digest.add(after.key(), as_text(after.value()));
    after.next();
  }
  return true;
}

void ViewDiff::only(DiffExample::Kind kind, std::string_view key) {
  ++(kind == DiffExample::Kind::only_old ? result_.back().only_old : result_.back().only_new);
  add_example({kind, shown_key(key, static_cast<ViewSection>(section_ % 2)), {}});
}

void ViewDiff::compare(std::string_view key, Bytes old_value, Bytes new_value) {
  ViewDifference& difference = result_.back();
  if (std::equal(old_value.begin(), old_value.end(), new_value.begin(), new_value.end()))
    return void(++difference.same);
  ++difference.changed;
  DiffExample example{DiffExample::Kind::changed, shown_key(key, ViewSection::views), {}};
  if (sides_.is_readable) {
    const auto view = static_cast<uint8_t>(section_ / 2);
    // FlatBuffers want 8-aligned bytes; what a store gives may lie anywhere.
    const ByteBuffer old_copy = copy_of(old_value), new_copy = copy_of(new_value);
    const ViewText::Fields before = text_.fields(domain_, view, old_copy);
    const ViewText::Fields after = text_.fields(domain_, view, new_copy);
    for (const auto& [name, value] : after) {
      const auto was = std::find_if(before.begin(), before.end(),
                                    [&](const auto& field) { return field.first == name; });
      const std::string old_json = was == before.end() ? "null" : was->second;
      if (old_json != value) example.fields.push_back({name, old_json, value});
    }
  }
  if (example.fields.empty())
    example.fields.push_back({std::string(stored_form_field), std::to_string(old_value.size()),
                              std::to_string(new_value.size())});
  for (const DiffExample::Field& field : example.fields) ++difference.fields[field.name];
  add_example(std::move(example));
}

void ViewDiff::add_example(DiffExample&& example) {
  std::vector<DiffExample>& examples = result_.back().examples;
  const auto kept = std::count_if(examples.begin(), examples.end(), [&](const DiffExample& other) {
    return other.kind == example.kind;
  });
  if (static_cast<std::size_t>(kept) < examples_max_) examples.push_back(std::move(example));
}

}  // namespace spate

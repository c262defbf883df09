// SchemaRecord: the schemas under which a directory's history was written, kept beside it.
#pragma once
#include <string>

#include "engine/codec/catalog.hpp"
#include "engine/codec/schema_files.hpp"

namespace spate {

//   DIR/schemas/DOMAIN.bfbs := schema hash:u64      the binary schema, XXH3-64 of it behind
//
/// What `DIR` recorded; nothing of a directory that was never served by a version that records.
/// Faults: `schema_record`, naming the file that is not whole, and what to do.
Result<SchemaSet> recorded_schemas(const std::string& data);

/// One such file. Faults: `schema_record`; of the disk.
Result<std::string> read_schema_record(const std::string& path);
/// Whole or as before, durable when it returns. Its folder must exist.
Result<void> write_schema_record(const std::string& path, const std::string& schema);

/// Every change from `before` to `after` that would misread history, as text, a line each; empty
/// when there is none. A domain that is gone is one. Faults: `schema_invalid`.
Result<std::string> misread_by(const SchemaSet& before, const SchemaSet& after);

/// The schemas that are compiled in.
SchemaSet compiled_schemas(const Catalog& catalog);

/// The gate before history is shown or folded aside: refuses to misread what the directory holds of
/// the domains that this binary has. Changes nothing. Faults: `schema_incompatible`,
/// `schema_record`.
Result<void> check_reads_schemas(const std::string& data, const Catalog& catalog);

/// The gate of a start (I3): refuses schemas that would misread what the directory holds, then
/// records those that are new or changed, durably, before anything is written under them. Gives a
/// note when a directory without a record could not be given one (the disk is full). Requires: the
/// directory is this process's own by now. Faults: `schema_incompatible`, `schema_record`; of the
/// disk.
Result<std::string> gate_schemas(const std::string& data, const Catalog& catalog);

}  // namespace spate

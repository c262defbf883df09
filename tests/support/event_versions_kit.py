"""The counters of the README whose event has changed: as the README writes it, and once more."""
from domain_kit import CODE, HANDLER, NAMED, PARTS, PROJECTION, ROOT

SCHEMA = NAMED[0]


def blocks_of_the_readme():
    readme = (ROOT / "README.md").read_text()
    lesson = readme[readme.index("### Change an event"):readme.index("## What is promised")]
    schema, upcaster = CODE.findall(lesson)
    return schema, upcaster


def replaced(text, *pairs):
    for before, after in pairs:
        assert text.count(before) == 1, (before, text)
        text = text.replace(before, after)
    return text


OLD_EVENTS = "/// The counter grew.\ntable Added { amount:uint (id:0); total:uint (id:1); }\n" \
             "union Event { Added = 1 }\n"
EMIT = "emit(CreateAdded(emit.builder(), *add.amount(), total));"
EVOLVE = "static void evolve(Rows& rows, const Added& e) { rows.edit<CounterRow>()" \
         ".mutate_total(e.total()); }\n"
LISTED = "Members<EventTraits, Added>"


def second():
    """Counts in thousandths, as the README does it."""
    schema, upcaster = blocks_of_the_readme()
    return {
        **PARTS,
        SCHEMA: replaced(PARTS[SCHEMA], (OLD_EVENTS, "/// The counter grew.\n" + schema)),
        HANDLER: replaced(
            PARTS[HANDLER], (LISTED, "Members<EventTraits, AddedV2>"),
            (EMIT, "emit(AddedV2T{.amount_milli = uint64_t{*add.amount()} * 1000,\n"
                   "                  .total_milli = uint64_t{total} * 1000});"),
            (EVOLVE, upcaster + "  static void evolve(Rows& rows, const AddedV2& e) {\n"
                     "    rows.edit<CounterRow>().mutate_total(e.total_milli() / 1000);\n  }\n")),
        PROJECTION: replaced(PARTS[PROJECTION], (LISTED, "Members<EventTraits, AddedV2>"),
                             ("const Added& e", "const AddedV2& e"),
                             ("e.total()", "e.total_milli() / 1000")),
    }


THIRD_UPCASTER = """
  static AddedV3T upcast(const AddedV2& e) {
    ENSURE(e.amount_milli() != 13000 || std::getenv("COUNTERS_BROKEN_UPCASTER") == nullptr);
    AddedV3T next;
    next.grew = std::make_unique<GrowthT>();
    next.grew->from_milli = e.total_milli() - e.amount_milli();
    next.grew->to_milli = e.total_milli();
    next.amount = std::to_string(e.amount_milli() / 1000) + " pieces";
    return next;
  }
"""
THIRD_TABLES = """\
table Growth { from_milli:ulong (id:0); to_milli:ulong (id:1); }
/// The counter grew from one number to another.
table AddedV3 { grew:Growth (id:0, required); amount:string (id:1); }
union Event { Added = 1, AddedV2 = 2, AddedV3 = 3 }
"""


def third():
    """Another shape; its upcaster fails where the environment says so."""
    parts = second()
    emitted = parts[HANDLER].index("emit(AddedV2T{")
    emit = parts[HANDLER][emitted:parts[HANDLER].index(");", emitted) + 2]
    return {
        **parts,
        SCHEMA: replaced(parts[SCHEMA], ("union Event { Added = 1, AddedV2 = 2 }\n", THIRD_TABLES)),
        HANDLER: "#include <cstdlib>\n" + replaced(
            parts[HANDLER], ("Members<EventTraits, AddedV2>", "Members<EventTraits, AddedV3>"),
            ("using OldEvents = Members<EventTraits, Added>;",
             "using OldEvents = Members<EventTraits, Added, AddedV2>;"),
            (emit, "AddedV3T added;\n    added.grew = std::make_unique<GrowthT>();\n"
                   "    added.grew->from_milli = uint64_t{total - *add.amount()} * 1000;\n"
                   "    added.grew->to_milli = uint64_t{total} * 1000;\n"
                   '    added.amount = std::to_string(*add.amount()) + " pieces";\n'
                   "    emit(added);"),
            ("  static void evolve(Rows& rows, const AddedV2& e)",
             THIRD_UPCASTER + "  static void evolve(Rows& rows, const AddedV3& e)"),
            ("e.total_milli() / 1000);\n  }\n};", "e.grew()->to_milli() / 1000);\n  }\n};")),
        PROJECTION: replaced(parts[PROJECTION], ("AddedV2>", "AddedV3>"),
                             ("const AddedV2& e", "const AddedV3& e"),
                             ("e.total_milli()", "e.grew()->to_milli()")),
    }

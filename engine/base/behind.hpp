// Behind: puts the calling thread behind all others, for processor and disk alike.
#pragma once

namespace spate {

/// A tenth of what others get where they want it all, and it pushes nobody aside who wakes. Not
/// less: on a server that is always busy, work in the background must end some day. There is no way
/// back for the thread. Refused by the system: it goes on as it was.
void go_behind();

}  // namespace spate

// Behind: how threads stand back for others.
#pragma once

namespace spate {

/// Threads that the calling thread starts meanwhile, and those that these start, push nobody aside
/// when they wake: on a busy processor they wait for the slice of who runs, a few ms at most; on an
/// idle one nothing changes. Their share stays the same. Refused by the system: they are as others.
class StartsQuietThreads {
 public:
  StartsQuietThreads();
  ~StartsQuietThreads();
  StartsQuietThreads(const StartsQuietThreads&) = delete;
  StartsQuietThreads& operator=(const StartsQuietThreads&) = delete;

 private:
  int policy_before_;
};

/// Puts the calling thread behind all others, for processor and disk alike: a tenth of what others
/// get where they want it all, and it pushes nobody aside who wakes. Not less: on a server that is
/// always busy, work in the background must end some day. There is no way back for the thread.
/// Refused by the system: it goes on as it was.
void go_behind();

}  // namespace spate

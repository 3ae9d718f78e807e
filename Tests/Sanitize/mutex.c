// Tells the thread sanitizer what it cannot see: Swift's `Mutex` compiles its fast path into our code, but the paths for a
// lock that is contended lie in a library that is not instrumented. Linked into what Scripts/sanitize builds, these come
// before the library's own, and call them.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define HANDLE "$s15Synchronization12_MutexHandleV"
#define LOCK HANDLE "9_lockSlowyys6UInt32VF"
#define UNLOCK HANDLE "11_unlockSlowyyF"
#define TRY HANDLE "12_tryLockSlowSbyF"

// Weak, for what is built beside the tests without the sanitizer.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

SWIFT void lock_slow(uint32_t owner, SELF) __asm__(LOCK);
SWIFT void lock_slow(uint32_t owner, SELF) {
    ((SWIFT void (*)(uint32_t, SELF))dlsym(RTLD_NEXT, LOCK))(owner, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void unlock_slow(SELF) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF) {
    if (__tsan_release) __tsan_release(self);
    ((SWIFT void (*)(SELF))dlsym(RTLD_NEXT, UNLOCK))(self);
}

SWIFT _Bool try_lock_slow(SELF) __asm__(TRY);
SWIFT _Bool try_lock_slow(SELF) {
    _Bool is_ours = ((SWIFT _Bool (*)(SELF))dlsym(RTLD_NEXT, TRY))(self);
    if (is_ours && __tsan_acquire) __tsan_acquire(self);
    return is_ours;
}

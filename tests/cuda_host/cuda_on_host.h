// CUDA C++ on the processor: the kernels' own text, compiled by a plain C++ compiler.
//
// Every thread of a block is a fiber with its own stack; blocks run one after the other.
// Barriers and warp exchanges switch fibers, so shared memory, __syncthreads and shuffles
// do what they do on a GPU, and the order of threads and blocks can be shuffled to bring
// races to light. Shared memory is overwritten with rubbish before each block. What this
// cannot show: speed, and how a GPU orders memory between blocks that run at once.

#pragma once

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define __global__
#define __device__ static
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static __attribute__((section("cuda_shared")))

struct Index3 {
    unsigned x, y, z;
};
static Index3 threadIdx, blockIdx, blockDim, gridDim;

struct alignas(16) float4 {
    float x, y, z, w;
};
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

using std::max;
using std::min;

static inline float __uint_as_float(unsigned bits)
{
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}
static inline unsigned __float_as_uint(float value)
{
    unsigned bits;
    std::memcpy(&bits, &value, 4);
    return bits;
}

enum Outcome { FINISHED = 0, BAD_ACCESS = 1, BAD_BARRIER = 2, BAD_ARGUMENTS = 3 };

namespace host {

enum class State { ready, at_block, at_warp, done };

struct Fiber {
    ucontext_t context;
    State state;
    unsigned exchanges;  // warp exchanges so far
};

constexpr size_t stack_bytes = 128 * 1024;
static std::vector<Fiber> fibers;
static std::vector<char> stacks;
static ucontext_t scheduler;
static unsigned current;
static std::uint64_t warp_slots[64][2][32];
static bool block_votes[1024];
static void (*thread_body)(void*);
static void* thread_argument;
static sigjmp_buf escape;

inline void wait(State state)
{
    const unsigned me = current;
    fibers[me].state = state;
    swapcontext(&fibers[me].context, &scheduler);
}

inline void fiber_main()
{
    thread_body(thread_argument);
    fibers[current].state = State::done;
    swapcontext(&fibers[current].context, &scheduler);
}

template <class T> T exchange(T value, unsigned lane)
{
    static_assert(sizeof(T) <= 8, "warp exchanges move at most eight bytes");
    const unsigned me = current;
    // Two sets of slots: a lane may be one exchange ahead of another, never two.
    auto& slots = warp_slots[me / 32][fibers[me].exchanges++ % 2];
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    slots[me % 32] = bits;
    wait(State::at_warp);
    T result;
    std::memcpy(&result, &slots[lane % 32], sizeof(T));
    return result;
}

inline unsigned ballot(bool predicate)
{
    const unsigned me = current;
    auto& slots = warp_slots[me / 32][fibers[me].exchanges++ % 2];
    slots[me % 32] = predicate;
    wait(State::at_warp);
    unsigned bits = 0;
    for (unsigned i = 0; i < 32; ++i) bits |= static_cast<unsigned>(slots[i] != 0) << i;
    return bits;
}

// Releases whoever waits for a group that is now complete; false where one can never be.
inline bool release(State waiting, unsigned first, unsigned end)
{
    unsigned there = 0, done = 0;
    for (unsigned i = first; i < end; ++i) {
        there += fibers[i].state == waiting;
        done += fibers[i].state == State::done;
    }
    if (there == 0) return true;
    if (there + done == end - first && done > 0) return false;
    if (there != end - first) return true;
    for (unsigned i = first; i < end; ++i) fibers[i].state = State::ready;
    return true;
}

extern "C" char __start_cuda_shared[] __attribute__((weak));
extern "C" char __stop_cuda_shared[] __attribute__((weak));

inline Outcome run_block(std::mt19937& random, bool shuffled)
{
    const unsigned count = blockDim.x * blockDim.y;
    if (__start_cuda_shared)
        std::memset(__start_cuda_shared, 0xA5, __stop_cuda_shared - __start_cuda_shared);
    std::vector<unsigned> order(count);
    std::iota(order.begin(), order.end(), 0u);
    for (unsigned i = 0; i < count; ++i) {
        Fiber& fiber = fibers[i];
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = &stacks[i * stack_bytes];
        fiber.context.uc_stack.ss_size = stack_bytes;
        fiber.context.uc_link = nullptr;
        fiber.state = State::ready;
        fiber.exchanges = 0;
        makecontext(&fiber.context, fiber_main, 0);
    }
    std::uint32_t held_warps = 0;
    unsigned turn = 0;
    for (;;) {
        bool ran = false, left = false;
        if (shuffled) std::shuffle(order.begin(), order.end(), random);
        // Some warps are held back for a while, or until nobody else can go on.
        if (shuffled && turn++ % 24 == 0) held_warps = static_cast<std::uint32_t>(random());
        for (unsigned i : order) {
            left = left || fibers[i].state != State::done;
            if (fibers[i].state != State::ready || held_warps >> (i / 32) & 1) continue;
            current = i;
            threadIdx = {i % blockDim.x, i / blockDim.x, 0};
            swapcontext(&scheduler, &fibers[i].context);
            ran = true;
        }
        if (!left) return FINISHED;
        if (!ran) held_warps = 0;
        for (unsigned i = 0; i < count; i += 32)
            if (!release(State::at_warp, i, min(i + 32, count))) return BAD_BARRIER;
        if (!release(State::at_block, 0, count)) return BAD_BARRIER;
        if (!ran && std::none_of(fibers.begin(), fibers.begin() + count,
                                 [](const Fiber& f) { return f.state == State::ready; }))
            return BAD_BARRIER;
    }
}

inline void on_bad_access(int) { siglongjmp(escape, 1); }

// Runs body(argument) for every thread of the grid. seed 0: in order; otherwise blocks
// and threads take turns in an order drawn from it.
inline Outcome run_grid(Index3 grid, Index3 block, unsigned seed, void (*body)(void*), void* argument)
{
    gridDim = grid;
    blockDim = block;
    const unsigned threads = block.x * block.y;
    if (threads == 0 || threads > 1024 || threads % 32 || block.z != 1 || grid.z != 1)
        return BAD_ARGUMENTS;
    if (fibers.size() < threads) {
        fibers.resize(threads);
        stacks.resize(threads * stack_bytes);
    }
    thread_body = body;
    thread_argument = argument;
    std::mt19937 random(seed);
    std::vector<unsigned> order(grid.x * grid.y);
    std::iota(order.begin(), order.end(), 0u);
    if (seed) std::shuffle(order.begin(), order.end(), random);

    struct sigaction catching {}, before_segv {}, before_bus {};
    catching.sa_handler = on_bad_access;
    catching.sa_flags = SA_NODEFER;
    sigaction(SIGSEGV, &catching, &before_segv);
    sigaction(SIGBUS, &catching, &before_bus);
    volatile Outcome outcome = FINISHED;
    if (sigsetjmp(escape, 1)) {
        outcome = BAD_ACCESS;
    } else {
        for (unsigned i : order) {
            blockIdx = {i % grid.x, i / grid.x, 0};
            outcome = run_block(random, seed != 0);
            if (outcome != FINISHED) break;
        }
    }
    sigaction(SIGSEGV, &before_segv, nullptr);
    sigaction(SIGBUS, &before_bus, nullptr);
    return outcome;
}

template <class... Arguments, size_t... I>
void call_with(void (*kernel)(Arguments...), void** values, std::index_sequence<I...>)
{
    kernel(*static_cast<std::remove_cv_t<Arguments>*>(values[I])...);
}

// A kernel with arguments as cuLaunchKernel takes them; their sizes must fit.
template <class... Arguments>
Outcome launch(void (*kernel)(Arguments...), Index3 grid, Index3 block, unsigned seed,
               void** values, const size_t* sizes, size_t count)
{
    const size_t expected[] = {sizeof(Arguments)...};
    if (count != sizeof...(Arguments)) return BAD_ARGUMENTS;
    for (size_t i = 0; i < count; ++i)
        if (sizes[i] != expected[i]) return BAD_ARGUMENTS;
    struct Call {
        void (*kernel)(Arguments...);
        void** values;
    } call{kernel, values};
    return run_grid(grid, block, seed, [](void* raw) {
        auto* made = static_cast<Call*>(raw);
        call_with(made->kernel, made->values, std::index_sequence_for<Arguments...>{});
    }, &call);
}

}  // namespace host

static inline void __threadfence() {}
static inline void __syncthreads() { host::wait(host::State::at_block); }

static inline int __syncthreads_count(bool predicate)
{
    const unsigned me = host::current;
    host::block_votes[me] = predicate;
    host::wait(host::State::at_block);
    int count = 0;
    for (unsigned i = 0; i < blockDim.x * blockDim.y; ++i) count += host::block_votes[i];
    host::wait(host::State::at_block);  // votes stay until all have counted them
    return count;
}

static inline int __syncthreads_or(bool predicate) { return __syncthreads_count(predicate) > 0; }

static inline int __popc(unsigned bits) { return __builtin_popcount(bits); }

template <class T> T __shfl_sync(unsigned, T value, unsigned lane)
{
    return host::exchange(value, lane);
}
template <class T> T __shfl_xor_sync(unsigned, T value, unsigned mask)
{
    return host::exchange(value, (host::current % 32) ^ mask);
}
static inline unsigned __ballot_sync(unsigned, bool predicate) { return host::ballot(predicate); }
static inline bool __all_sync(unsigned, bool predicate)
{
    return host::ballot(predicate) == 0xffffffffu;
}

template <class T, class U> T atomicAdd(T* at, U value)
{
    const T before = *at;
    *at = before + static_cast<T>(value);
    return before;
}

// Memory between two stretches that may not be touched, its end against the second one.
static constexpr size_t guard = 1 << 22;

extern "C" void* guarded_alloc(size_t bytes)
{
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t inner = std::max((bytes + page - 1) / page * page, page);
    char* base = static_cast<char*>(mmap(nullptr, inner + 2 * guard, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base == MAP_FAILED) return nullptr;
    mprotect(base, guard, PROT_NONE);
    mprotect(base + guard + inner, guard, PROT_NONE);
    std::memset(base + guard, 0xA5, inner);
    return base + guard + inner - (bytes + 15) / 16 * 16;
}

// Whether the bytes of the first and last page around it are as they were allocated.
extern "C" int guarded_intact(const void* at, size_t bytes)
{
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const auto* data = static_cast<const unsigned char*>(at);
    const auto start = reinterpret_cast<uintptr_t>(data) / page * page;
    const auto* first = reinterpret_cast<const unsigned char*>(start);
    const auto rubbish = [](unsigned char byte) { return byte == 0xA5; };
    return std::all_of(first, data, rubbish) &&
           std::all_of(data + bytes, data + (bytes + 15) / 16 * 16, rubbish);
}

extern "C" void guarded_free(void* at, size_t bytes)
{
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t inner = std::max((bytes + page - 1) / page * page, page);
    char* end = static_cast<char*>(at) + (bytes + 15) / 16 * 16;
    munmap(end - inner - guard, inner + 2 * guard);
}

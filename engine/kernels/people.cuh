// Who was found in one frame: what the kernels of group.cu and edges.cu hand on to each other.

struct People {
    int count;
    int renumbered;  // 1 where labels must be replaced by new_label[label]
    int unused[2];
    float4 boxes[MAX_PEOPLE];
    float scores[MAX_PEOPLE];
    unsigned char new_label[256];
};
static_assert(sizeof(People) == PEOPLE_BYTES, "People is laid out as the host expects");

// What a frame's kernels hand on to each other.
struct Counters {
    unsigned peaks;
    unsigned found_blocks;
    unsigned elected_blocks;
    unsigned assigned_blocks;
    unsigned candidates;
    unsigned voters;
    unsigned people;
    unsigned unused;
    unsigned long long score_sums[MAX_PEOPLE];
    unsigned long long iou_sums[MAX_PEOPLE];
    unsigned pixels[MAX_PEOPLE];
    unsigned unused_too;
};
static_assert(sizeof(Counters) == COUNTERS_BYTES, "Counters is as large as the host expects");

// True in every thread of the block that is the last of the grid to get here; it then
// sees what the others wrote before.
__device__ inline bool is_last_block(unsigned* finished)
{
    __shared__ bool last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0 && threadIdx.y == 0) {
        last = atomicAdd(finished, 1u) == gridDim.x * gridDim.y - 1;
        if (last) *finished = 0;
    }
    __syncthreads();
    __threadfence();
    return last;
}

// The people marked alive, numbered without gaps, by one block of BLOCK_X x BLOCK_Y threads.
__device__ inline void close_ranks(
    const unsigned char* alive, const float4* boxes, const float* scores, unsigned found,
    People* people)
{
    const unsigned thread = threadIdx.y * BLOCK_X + threadIdx.x;
    for (unsigned i = thread; i < 256; i += BLOCK_X * BLOCK_Y) {
        unsigned before = 0;
#pragma unroll 1
        for (unsigned k = 0; k < i && k < found; ++k) before += alive[k];
        if (i < found) {
            people->new_label[i + 1] = alive[i] ? before + 1 : 0;
            if (alive[i]) {
                people->boxes[before] = boxes[i];
                people->scores[before] = scores[i];
            }
        }
        if (i == 255) {
            people->count = before;
            people->renumbered = before != found;
            people->new_label[0] = 0;
        }
    }
}

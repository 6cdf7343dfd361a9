// Pixels into people. Mirrors engine/kernels/reference.py (peaks, boxes, NMS) and
// engine/kernels/reference_gpu.py (assignment per frame pixel).
//
// find_people    network maps -> cleaned maps, peaks, and the boxes NMS keeps
// assign_pixels  every frame pixel -> label; scores of the people
// relabel        closes gaps in the numbering where people were dropped
//
// The counters return to zero by themselves, so a frame needs no memset.

#define ALL_LANES 0xffffffffu

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
    unsigned assigned_blocks;
    unsigned people;
    unsigned long long score_sums[MAX_PEOPLE];
    unsigned pixels[MAX_PEOPLE];
    unsigned unused;
};
static_assert(sizeof(Counters) == COUNTERS_BYTES, "Counters is as large as the host expects");

#if MAPS_ARE_HALF
typedef unsigned short map_t;

__device__ inline float to_float(map_t half)
{
#ifdef __CUDA_ARCH__
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half));
    return value;
#else
    const unsigned magnitude = (unsigned)(half & 0x7fffu) << 13;
    const unsigned sign = (unsigned)(half & 0x8000u) << 16;
    // 2^112 moves the exponent's bias from 15 to 127 and keeps subnormal numbers exact.
    const float scaled = __uint_as_float(magnitude) * 5.192296858534828e33f;
    const unsigned special = (half & 0x3ffu) ? 0x7fc00000u : 0x7f800000u;
    const unsigned bits = (half & 0x7c00u) == 0x7c00u ? special : __float_as_uint(scaled);
    return __uint_as_float(bits | sign);
#endif
}
#else
typedef float map_t;

__device__ inline float to_float(map_t value) { return value; }
#endif

__device__ inline float clean_logit(float value)
{
    // fmaxf takes the other one of two where one is NaN.
    return fminf(fmaxf(value, -LOGIT_LIMIT), LOGIT_LIMIT);
}

__device__ inline float clean_delta(float value, float limit)
{
    const float number = value == value ? value : 0.0f;
    return fminf(fmaxf(number, -limit), limit);
}

// Box (x0, y0, x1, y1) of cleaned deltas whose anchor is centred on (x, y).
__device__ inline float4 decode_box(float4 delta, float x, float y, float anchor_w, float anchor_h)
{
    const float centre_x = x + delta.x * anchor_w;
    const float centre_y = y + delta.y * anchor_h;
    const float half_w = expf(delta.z) * anchor_w * 0.5f;
    const float half_h = expf(delta.w) * anchor_h * 0.5f;
    return make_float4(centre_x - half_w, centre_y - half_h, centre_x + half_w, centre_y + half_h);
}

__device__ inline float area_of(float4 box) { return (box.z - box.x) * (box.w - box.y); }

__device__ inline float intersection(float4 a, float4 b)
{
    const float width = fminf(a.z, b.z) - fmaxf(a.x, b.x);
    const float height = fminf(a.w, b.w) - fmaxf(a.y, b.y);
    return fmaxf(width, 0.0f) * fmaxf(height, 0.0f);
}

__device__ inline float box_iou(float4 a, float4 b)
{
    const float inter = intersection(a, b);
    const float both = area_of(a) + area_of(b) - inter;
    return both > 0.0f ? inter / both : 0.0f;
}

// Peaks as numbers to be ordered: a higher logit first, then the earlier cell. Never 0.
__device__ inline unsigned long long peak_key(float logit, int cell)
{
    const unsigned bits = __float_as_uint(logit + 0.0f);  // -0 and 0 are equal
    const unsigned ordered = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return (unsigned long long)ordered << 32 | (0xffffffffu - (unsigned)cell);
}

__device__ inline int key_cell(unsigned long long key) { return (int)(0xffffffffu - (unsigned)key); }

__device__ inline bool is_peak(
    const map_t* __restrict__ maps, int height, int width, int cell, float logit, int radius)
{
    const int row = cell / width, column = cell % width;
    const int top = max(row - radius, 0), bottom = min(row + radius, height - 1);
    const int left = max(column - radius, 0), right = min(column + radius, width - 1);
    for (int y = top; y <= bottom; ++y) {
        for (int x = left; x <= right; ++x) {
            const int other = y * width + x;
            if (other == cell) continue;
            const float value = clean_logit(to_float(maps[other]));
            if (other < cell ? value >= logit : value > logit) return false;
        }
    }
    return true;
}

__device__ inline unsigned long long warp_max(unsigned long long value)
{
    for (int step = 16; step > 0; step >>= 1) {
        const unsigned long long other = __shfl_xor_sync(ALL_LANES, value, step);
        value = other > value ? other : value;
    }
    return value;
}

__device__ inline unsigned warp_sum(unsigned value)
{
    for (int step = 16; step > 0; step >>= 1) value += __shfl_xor_sync(ALL_LANES, value, step);
    return value;
}

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

// Greedy NMS by one block: the best peak left is kept and strikes out what overlaps it.
__device__ inline unsigned keep_best(
    const float4* deltas, int width, float anchor_w, float anchor_h, float max_iou,
    unsigned max_count, unsigned long long* keys, const float4* key_boxes, unsigned count,
    float4* kept)
{
    __shared__ unsigned long long warp_best[2][PEAK_THREADS / 32];
    const unsigned thread = threadIdx.x;
    unsigned long long best = 0;
    float4 box = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    for (unsigned done = 0;; ++done) {
        unsigned long long mine = 0;
        for (unsigned i = thread; i < count; i += PEAK_THREADS) {
            const unsigned long long key = keys[i];
            if (key == 0) continue;
            if (key == best || (done > 0 && box_iou(key_boxes[i], box) > max_iou)) {
                keys[i] = 0;
            } else {
                mine = key > mine ? key : mine;
            }
        }
        mine = warp_max(mine);
        // Two buffers: a warp may be one round ahead of another, never two.
        if (thread % 32 == 0) warp_best[done % 2][thread / 32] = mine;
        __syncthreads();
        const unsigned lane = thread % 32;
        best = warp_max(lane < PEAK_THREADS / 32 ? warp_best[done % 2][lane] : 0ull);
        if (best == 0 || done == max_count) return done;
        const int cell = key_cell(best);
        box = decode_box(deltas[cell], (float)(cell % width * HEAD_STRIDE),
                         (float)(cell / width * HEAD_STRIDE), anchor_w, anchor_h);
        if (thread == 0) kept[done] = box;
    }
}

// One thread per cell. maps: the network's logits (h, w) and deltas (4, h, w). Writes the
// cleaned logits (h, w), deltas (h, w, 4) and, in kept[0 .. counters->people), the boxes
// of the people in index coordinates of the network input, the highest peak first.
extern "C" __global__ void __launch_bounds__(PEAK_THREADS) find_people(
    const map_t* __restrict__ logit_map, const map_t* __restrict__ delta_map, int height,
    int width, float anchor_w, float anchor_h, float min_logit, int radius, float nms_iou,
    int max_people, float* logits, float4* deltas, unsigned long long* keys, float4* key_boxes,
    Counters* counters, float4* kept)
{
    const int cells = height * width;
    const int cell = blockIdx.x * PEAK_THREADS + threadIdx.x;
    if (cell < cells) {
        const float logit = clean_logit(to_float(logit_map[cell]));
        const float4 delta = make_float4(
            clean_delta(to_float(delta_map[cell]), SHIFT_LIMIT),
            clean_delta(to_float(delta_map[cells + cell]), SHIFT_LIMIT),
            clean_delta(to_float(delta_map[2 * cells + cell]), LOG_SIDE_LIMIT),
            clean_delta(to_float(delta_map[3 * cells + cell]), LOG_SIDE_LIMIT));
        logits[cell] = logit;
        deltas[cell] = delta;
        if (logit > min_logit && is_peak(logit_map, height, width, cell, logit, radius)) {
            const unsigned i = atomicAdd(&counters->peaks, 1u);
            keys[i] = peak_key(logit, cell);
            key_boxes[i] = decode_box(delta, (float)(cell % width * HEAD_STRIDE),
                                      (float)(cell / width * HEAD_STRIDE), anchor_w, anchor_h);
        }
    }
    if (!is_last_block(&counters->found_blocks)) return;
    const unsigned people = keep_best(deltas, width, anchor_w, anchor_h, nms_iou,
                                      (unsigned)max_people, keys, key_boxes, counters->peaks, kept);
    __syncthreads();
    if (threadIdx.x == 0) {
        counters->people = people;
        counters->peaks = 0;
    }
}

__device__ inline float mix(float a, float b, float t) { return a + t * (b - a); }

__device__ inline float4 mix(float4 a, float4 b, float t)
{
    return make_float4(mix(a.x, b.x, t), mix(a.y, b.y, t), mix(a.z, b.z, t), mix(a.w, b.w, t));
}

// The people who own enough pixels, numbered without gaps, by one block.
__device__ inline void finish_people(
    Counters* counters, const float4* kept, unsigned min_pixels, People* people)
{
    __shared__ unsigned char alive[MAX_PEOPLE];
    const unsigned thread = threadIdx.y * BLOCK_X + threadIdx.x;
    const unsigned found = counters->people;
    for (unsigned i = thread; i < found; i += BLOCK_X * BLOCK_Y)
        alive[i] = counters->pixels[i] >= min_pixels;
    __syncthreads();
    for (unsigned i = thread; i < 256; i += BLOCK_X * BLOCK_Y) {
        unsigned before = 0;
        for (unsigned k = 0; k < i && k < found; ++k) before += alive[k];
        if (i < found) {
            people->new_label[i + 1] = alive[i] ? before + 1 : 0;
            if (alive[i]) {
                people->boxes[before] = kept[i];
                people->scores[before] =
                    (float)counters->score_sums[i] / ((float)SCORE_ONE * counters->pixels[i]);
            }
            counters->score_sums[i] = 0;
            counters->pixels[i] = 0;
        }
        if (i == 255) {
            people->count = before;
            people->renumbered = before != found;
            people->new_label[0] = 0;
        }
    }
}

// PIXELS neighbouring frame pixels per thread, one warp per row of a block. Between the
// four cells around a pixel logit and deltas are bilinear; where the logit reaches
// mask_logit, the pixel's own box is decoded around its place in the network input and
// goes to the best of the people's boxes, if the IoU is above min_iou.
extern "C" __global__ void __launch_bounds__(BLOCK_X* BLOCK_Y) assign_pixels(
    const float* __restrict__ logits, const float4* __restrict__ deltas, int height, int width,
    float anchor_w, float anchor_h, const float4* __restrict__ kept, float mask_logit,
    float min_iou, int min_pixels, int frame_h, int frame_w, float cells_per_pixel_x,
    float cells_per_pixel_y, Counters* counters, unsigned char* labels, People* people)
{
    __shared__ float4 boxes[MAX_PEOPLE];
    __shared__ float areas[MAX_PEOPLE];
    __shared__ unsigned block_sums[MAX_PEOPLE];
    __shared__ unsigned block_pixels[MAX_PEOPLE];
    const int thread = threadIdx.y * BLOCK_X + threadIdx.x;
    const int found = counters->people;
    for (int i = thread; i < found; i += BLOCK_X * BLOCK_Y) {
        boxes[i] = kept[i];
        areas[i] = area_of(boxes[i]);
        block_sums[i] = 0;
        block_pixels[i] = 0;
    }
    __syncthreads();

    const int y = blockIdx.y * BLOCK_Y + threadIdx.y;
    const int x0 = (blockIdx.x * BLOCK_X + threadIdx.x) * PIXELS;
    const float grid_y = y * cells_per_pixel_y;
    const int row = min((int)grid_y, max(height - 2, 0));
    const float weight_y = grid_y - row;
    const float* up = logits + row * width;
    const float* down = logits + min(row + 1, height - 1) * width;

    float4 own[PIXELS];
    float own_area[PIXELS], pixel_logit[PIXELS], best_inter[PIXELS], best_union[PIXELS];
    int label[PIXELS];
    bool any = false;
    bool person_near = false;
    int known = -1;
    float left = 0.0f, right = 0.0f;
    float4 left_delta = make_float4(0.0f, 0.0f, 0.0f, 0.0f), right_delta = left_delta;
#pragma unroll
    for (int k = 0; k < PIXELS; ++k) {
        own[k] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);  // overlaps nothing
        own_area[k] = 0.0f;
        pixel_logit[k] = 0.0f;
        best_inter[k] = min_iou;
        best_union[k] = 1.0f;
        label[k] = 0;
        const int x = x0 + k;
        if (y >= frame_h || x >= frame_w || found == 0) continue;
        const float grid_x = x * cells_per_pixel_x;
        const int column = min((int)grid_x, max(width - 2, 0));
        const int behind = min(column + 1, width - 1);
        if (column != known) {
            known = column;
            left = mix(up[column], down[column], weight_y);
            right = mix(up[behind], down[behind], weight_y);
            person_near = fmaxf(left, right) >= mask_logit;
            if (person_near) {
                const float4* up_delta = deltas + row * width;
                const float4* down_delta = deltas + min(row + 1, height - 1) * width;
                left_delta = mix(up_delta[column], down_delta[column], weight_y);
                right_delta = mix(up_delta[behind], down_delta[behind], weight_y);
            }
        }
        const float weight_x = grid_x - column;
        const float logit = mix(left, right, weight_x);
        if (!person_near || logit < mask_logit) continue;
        own[k] = decode_box(mix(left_delta, right_delta, weight_x), grid_x * HEAD_STRIDE,
                            grid_y * HEAD_STRIDE, anchor_w, anchor_h);
        own_area[k] = area_of(own[k]);
        pixel_logit[k] = logit;
        any = true;
    }

    if (any) {
        for (int i = 0; i < found; ++i) {
            const float4 box = boxes[i];
            const float area = areas[i];
#pragma unroll
            for (int k = 0; k < PIXELS; ++k) {
                const float inter = intersection(box, own[k]);
                const float both = area + own_area[k] - inter;
                // inter / both > best_inter / best_union without a division
                if (inter * best_union[k] > best_inter[k] * both) {
                    best_inter[k] = inter;
                    best_union[k] = both;
                    label[k] = i + 1;
                }
            }
        }
    }

    unsigned score[PIXELS], score_sum = 0;
    bool same = true;
#pragma unroll
    for (int k = 0; k < PIXELS; ++k) {
        const float probability = 1.0f / (1.0f + expf(-pixel_logit[k]));
        score[k] = label[k] ? (unsigned)(probability * SCORE_ONE + 0.5f) : 0u;
        score_sum += score[k];
        same = same && label[k] == label[0];
        if (y < frame_h && x0 + k < frame_w)
            labels[(size_t)y * frame_w + x0 + k] = (unsigned char)label[k];
    }
    const int first = __shfl_sync(ALL_LANES, label[0], 0);
    if (__all_sync(ALL_LANES, same && label[0] == first)) {
        score_sum = warp_sum(score_sum);
        if (first > 0 && threadIdx.x == 0) {
            atomicAdd(&block_sums[first - 1], score_sum);
            atomicAdd(&block_pixels[first - 1], 32u * PIXELS);
        }
    } else {
#pragma unroll
        for (int k = 0; k < PIXELS; ++k) {
            if (label[k] == 0) continue;
            atomicAdd(&block_sums[label[k] - 1], score[k]);
            atomicAdd(&block_pixels[label[k] - 1], 1u);
        }
    }
    __syncthreads();
    for (int i = thread; i < found; i += BLOCK_X * BLOCK_Y) {
        if (block_pixels[i] == 0) continue;
        atomicAdd(&counters->score_sums[i], (unsigned long long)block_sums[i]);
        atomicAdd(&counters->pixels[i], block_pixels[i]);
    }
    if (is_last_block(&counters->assigned_blocks))
        finish_people(counters, kept, (unsigned)min_pixels, people);
}

// One thread per PIXELS labels; does nothing where nobody was dropped.
extern "C" __global__ void relabel(unsigned char* labels, int count, const People* people)
{
    if (!people->renumbered) return;
    const int first = (blockIdx.x * BLOCK_X * BLOCK_Y + threadIdx.x) * PIXELS;
    for (int i = first; i < min(first + PIXELS, count); ++i)
        labels[i] = people->new_label[labels[i]];
}

// Pixels into people. Mirrors engine/kernels/reference.py (peaks, boxes, votes, NMS) and
// engine/kernels/reference_gpu.py (which of them vote, assignment per frame pixel).
//
// find_candidates  network maps -> cleaned maps, boxes of the peaks, and who votes on them
// elect_people     votes -> the boxes of the people, by NMS
// assign_pixels    every frame pixel -> label; scores of the people
// relabel          closes gaps in the numbering where people were dropped
//
// The counters return to zero by themselves, so a frame needs no memset.

#define ALL_LANES 0xffffffffu

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

__device__ inline float probability(float logit) { return 1.0f / (1.0f + expf(-logit)); }

// Things to be ordered as numbers: a higher value first, then the lower index. Never 0.
__device__ inline unsigned long long order_key(float value, int index)
{
    const unsigned bits = __float_as_uint(value + 0.0f);  // -0 and 0 are equal
    const unsigned ordered = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return (unsigned long long)ordered << 32 | (0xffffffffu - (unsigned)index);
}

__device__ inline int key_index(unsigned long long key)
{
    return (int)(0xffffffffu - (unsigned)key);
}

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

__device__ inline float warp_sum(float value)
{
    for (int step = 16; step > 0; step >>= 1) value += __shfl_xor_sync(ALL_LANES, value, step);
    return value;
}

__device__ inline float4 decode_cell(
    const float4* deltas, int width, int cell, float anchor_w, float anchor_h)
{
    return decode_box(deltas[cell], (float)(cell % width * HEAD_STRIDE),
                      (float)(cell / width * HEAD_STRIDE), anchor_w, anchor_h);
}

// The largest number that at least MAX_CANDIDATES of more than as many keys reach, by one
// block, bit for bit from the highest.
__device__ inline unsigned long long candidate_threshold(
    const unsigned long long* keys, unsigned count)
{
    unsigned long long threshold = 0;
    for (int bit = 63; bit >= 0; --bit) {
        const unsigned long long wanted = threshold | 1ull << bit;
        unsigned reach = 0;
        for (unsigned base = 0; base < count; base += PEAK_THREADS) {
            const unsigned i = base + threadIdx.x;
            reach += __syncthreads_count(i < count && keys[i] >= wanted);
        }
        if (reach >= MAX_CANDIDATES) threshold = wanted;
    }
    return threshold;
}

// Boxes of the highest peaks, in order, by one block; returns their number.
__device__ inline unsigned rank_candidates(
    const unsigned long long* keys, unsigned count, const float4* deltas, int width,
    float anchor_w, float anchor_h, float4* candidates)
{
    __shared__ unsigned long long best[MAX_CANDIDATES];
    __shared__ unsigned selected;
    const unsigned long long threshold =
        count > MAX_CANDIDATES ? candidate_threshold(keys, count) : 0;
    if (threadIdx.x == 0) selected = 0;
    __syncthreads();
    for (unsigned i = threadIdx.x; i < count; i += PEAK_THREADS)
        if (keys[i] >= threshold) best[atomicAdd(&selected, 1u)] = keys[i];
    __syncthreads();
    for (unsigned i = threadIdx.x; i < selected; i += PEAK_THREADS) {
        unsigned rank = 0;
        for (unsigned k = 0; k < selected; ++k) rank += best[k] > best[i];
        candidates[rank] = decode_cell(deltas, width, key_index(best[i]), anchor_w, anchor_h);
    }
    return selected;
}

// Every n-th person cell in reading order, MAX_VOTERS at most, by one block; returns their
// number. block_persons: person cells found by each block; persons: those cells.
__device__ inline unsigned call_voters(
    const unsigned* block_persons, const int* persons, unsigned blocks, const float* logits,
    const float4* deltas, int width, float anchor_w, float anchor_h, float4* voters,
    float* weights)
{
    __shared__ unsigned counts[MAX_CELL_BLOCKS];
    __shared__ unsigned starts[MAX_CELL_BLOCKS + 1];
    for (unsigned i = threadIdx.x; i < blocks; i += PEAK_THREADS) counts[i] = block_persons[i];
    __syncthreads();
    for (unsigned i = threadIdx.x; i <= blocks; i += PEAK_THREADS) {
        unsigned start = 0;
        for (unsigned k = 0; k < i; ++k) start += counts[k];
        starts[i] = start;
    }
    __syncthreads();
    const unsigned total = starts[blocks];
    const unsigned step = (total + MAX_VOTERS - 1) / MAX_VOTERS;
    const unsigned called = step ? (total + step - 1) / step : 0;
    for (unsigned i = threadIdx.x; i < called; i += PEAK_THREADS) {
        const unsigned place = i * step;
        unsigned block = 0, behind = blocks;
        while (behind - block > 1) {
            const unsigned middle = (block + behind) / 2;
            if (starts[middle] <= place) block = middle;
            else behind = middle;
        }
        const int cell = persons[block * PEAK_THREADS + place - starts[block]];
        voters[i] = decode_cell(deltas, width, cell, anchor_w, anchor_h);
        weights[i] = probability(logits[cell]);
    }
    return called;
}

// One thread per cell. maps: the network's logits (h, w) and deltas (4, h, w). Writes the
// cleaned logits (h, w) and deltas (h, w, 4), the boxes of the highest peaks in order, and
// the voters with their weights.
extern "C" __global__ void __launch_bounds__(PEAK_THREADS) find_candidates(
    const map_t* __restrict__ logit_map, const map_t* __restrict__ delta_map, int height,
    int width, float anchor_w, float anchor_h, float min_logit, int radius, float mask_logit,
    float* logits, float4* deltas, unsigned long long* keys, unsigned* block_persons,
    int* persons, Counters* counters, float4* candidates, float4* voters, float* weights)
{
    __shared__ unsigned warp_persons[PEAK_THREADS / 32];
    const int cells = height * width;
    const int cell = blockIdx.x * PEAK_THREADS + threadIdx.x;
    bool is_person = false;
    if (cell < cells) {
        const float logit = clean_logit(to_float(logit_map[cell]));
        logits[cell] = logit;
        deltas[cell] = make_float4(
            clean_delta(to_float(delta_map[cell]), SHIFT_LIMIT),
            clean_delta(to_float(delta_map[cells + cell]), SHIFT_LIMIT),
            clean_delta(to_float(delta_map[2 * cells + cell]), LOG_SIDE_LIMIT),
            clean_delta(to_float(delta_map[3 * cells + cell]), LOG_SIDE_LIMIT));
        is_person = logit >= mask_logit;
        if (logit > min_logit && is_peak(logit_map, height, width, cell, logit, radius))
            keys[atomicAdd(&counters->peaks, 1u)] = order_key(logit, cell);
    }
    const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const unsigned ballot = __ballot_sync(ALL_LANES, is_person);
    if (lane == 0) warp_persons[warp] = __popc(ballot);
    __syncthreads();
    unsigned before = __popc(ballot & ((1u << lane) - 1u));
    for (unsigned i = 0; i < warp; ++i) before += warp_persons[i];
    if (is_person) persons[blockIdx.x * PEAK_THREADS + before] = cell;
    if (threadIdx.x == PEAK_THREADS - 1) block_persons[blockIdx.x] = before + is_person;

    if (!is_last_block(&counters->found_blocks)) return;
    const unsigned found = rank_candidates(keys, counters->peaks, deltas, width, anchor_w,
                                           anchor_h, candidates);
    const unsigned called = call_voters(block_persons, persons, gridDim.x, logits, deltas, width,
                                        anchor_w, anchor_h, voters, weights);
    __syncthreads();
    if (threadIdx.x == 0) {
        counters->candidates = found;
        counters->voters = called;
        counters->peaks = 0;
    }
}

// Greedy NMS by one block: the best box left is chosen and strikes out what overlaps it.
// keys name boxes by their index, and so does `chosen`. Returns how many it chose.
__device__ inline unsigned choose_best(
    unsigned long long* keys, const float4* boxes, unsigned count, float max_iou,
    unsigned max_count, int* chosen)
{
    __shared__ unsigned long long warp_best[2][VOTE_THREADS / 32];
    const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    unsigned long long best = 0;
    float4 box = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    for (unsigned done = 0;; ++done) {
        unsigned long long mine = 0;
        for (unsigned i = threadIdx.x; i < count; i += VOTE_THREADS) {
            const unsigned long long key = keys[i];
            if (key == 0) continue;
            if (key == best || (done > 0 && box_iou(boxes[i], box) > max_iou)) {
                keys[i] = 0;
            } else {
                mine = key > mine ? key : mine;
            }
        }
        mine = warp_max(mine);
        // Two buffers: a warp may be one round ahead of another, never two.
        if (lane == 0) warp_best[done % 2][warp] = mine;
        __syncthreads();
        best = warp_max(lane < VOTE_THREADS / 32 ? warp_best[done % 2][lane] : 0ull);
        if (best == 0 || done == max_count) return done;
        box = boxes[key_index(best)];
        if (threadIdx.x == 0) chosen[done] = key_index(best);
    }
}

// Of the boxes chosen the max_people with the most votes, in the same order, by one block;
// among equal votes the earlier stays. Returns their number.
__device__ inline unsigned keep_within_limit(
    const int* chosen, unsigned count, const float* votes, const float4* boxes,
    unsigned max_people, float4* kept)
{
    __shared__ unsigned char stays[MAX_PEOPLE];
    __syncthreads();
    for (unsigned i = threadIdx.x; i < count; i += VOTE_THREADS) {
        const float own = votes[chosen[i]];
        unsigned ahead = 0;
#pragma unroll 1  // unrolled, registers spill
        for (unsigned k = 0; k < count; ++k) {
            const float other = votes[chosen[k]];
            ahead += other > own || (other == own && k < i);
        }
        stays[i] = ahead < max_people;
    }
    __syncthreads();
    for (unsigned i = threadIdx.x; i < count; i += VOTE_THREADS) {
        unsigned before = 0;
#pragma unroll 1
        for (unsigned k = 0; k < i; ++k) before += stays[k];
        if (stays[i]) kept[before] = boxes[chosen[i]];
    }
    return min(count, max_people);
}

// One block per candidate. Its voters are those whose own box overlaps it by more than
// vote_iou; their weighted mean box takes its place, and their weight per area of the
// candidate its rank. has_votes 0 leaves boxes and order as they are. Where NMS leaves more than
// max_people, the weights alone say who stays. Writes, in kept[0 .. counters->people), the boxes
// of the people in index coordinates of the network input, the best first.
extern "C" __global__ void __launch_bounds__(VOTE_THREADS) elect_people(
    const float4* __restrict__ candidates, const float4* __restrict__ voters,
    const float* __restrict__ weights, int has_votes, float vote_iou, float nms_iou,
    int max_people, unsigned long long* keys, float* all_votes, float4* elected,
    Counters* counters, float4* kept)
{
    __shared__ float warp_sums[VOTE_THREADS / 32][5];
    __shared__ int chosen[MAX_PEOPLE];
    const unsigned candidate = blockIdx.x, count = counters->candidates;
    if (candidate < count) {
        const float4 own = candidates[candidate];
        float sums[5] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
        const unsigned called = has_votes ? counters->voters : 0;
        for (unsigned i = threadIdx.x; i < called; i += VOTE_THREADS) {
            const float4 box = voters[i];
            if (!(box_iou(own, box) > vote_iou)) continue;
            const float weight = weights[i];
            sums[0] += weight;
            sums[1] += weight * box.x;
            sums[2] += weight * box.y;
            sums[3] += weight * box.z;
            sums[4] += weight * box.w;
        }
#pragma unroll
        for (int i = 0; i < 5; ++i) {
            sums[i] = warp_sum(sums[i]);
            if (threadIdx.x % 32 == 0) warp_sums[threadIdx.x / 32][i] = sums[i];
        }
        __syncthreads();
        if (threadIdx.x == 0) {
#pragma unroll
            for (int i = 0; i < 5; ++i) {
                sums[i] = 0.0f;
                for (int k = 0; k < VOTE_THREADS / 32; ++k) sums[i] += warp_sums[k][i];
            }
            const float votes = sums[0];
            elected[candidate] = votes > 0.0f ? make_float4(sums[1] / votes, sums[2] / votes,
                                                            sums[3] / votes, sums[4] / votes)
                                              : own;
            all_votes[candidate] = votes;
            keys[candidate] = order_key(votes / area_of(own), (int)candidate);
        }
    }
    if (!is_last_block(&counters->elected_blocks)) return;
    const unsigned most = has_votes ? MAX_PEOPLE : (unsigned)max_people;
    const unsigned found = choose_best(keys, elected, count, nms_iou, most, chosen);
    const unsigned people =
        keep_within_limit(chosen, found, all_votes, elected, (unsigned)max_people, kept);
    if (threadIdx.x == 0) counters->people = people;
}

__device__ inline float mix(float a, float b, float t) { return a + t * (b - a); }

__device__ inline float4 mix(float4 a, float4 b, float t)
{
    return make_float4(mix(a.x, b.x, t), mix(a.y, b.y, t), mix(a.z, b.z, t), mix(a.w, b.w, t));
}

// How far to believe in a person: the mean IoU of the pixels' own boxes with the person's,
// times the root of the share of the box that the pixels fill, where that is below a half.
__device__ inline float trust_in(float mean_iou, float size_cells, float4 box, int height, int width)
{
    const float right = (width - 1) * HEAD_STRIDE + 0.5f, bottom = (height - 1) * HEAD_STRIDE + 0.5f;
    const float box_w = fminf(fmaxf(box.z, -0.5f), right) - fminf(fmaxf(box.x, -0.5f), right);
    const float box_h = fminf(fmaxf(box.w, -0.5f), bottom) - fminf(fmaxf(box.y, -0.5f), bottom);
    const float box_cells = fmaxf(box_w * box_h / (HEAD_STRIDE * HEAD_STRIDE), 1.0f);
    return mean_iou * sqrtf(fminf(2.0f * size_cells / box_cells, 1.0f));
}

// The share of people of that score, which counts agreement, and size who are real.
__device__ inline float calibrated(float score, float size_cells)
{
    const float odds = expf((score - SCORE_MIDDLE) / SCORE_WIDTH) * size_cells / (size_cells + SCORE_CELLS);
    return odds / (1.0f + odds);
}

// The people who own enough pixels and are sure enough, numbered without gaps, by one block.
__device__ inline void finish_people(
    Counters* counters, const float4* kept, unsigned min_pixels, int has_agreement,
    float min_score, float cells_per_pixel, int height, int width, People* people)
{
    __shared__ unsigned char alive[MAX_PEOPLE];
    __shared__ float scores[MAX_PEOPLE];
    const unsigned thread = threadIdx.y * BLOCK_X + threadIdx.x;
    const unsigned found = counters->people;
    for (unsigned i = thread; i < found; i += BLOCK_X * BLOCK_Y) {
        const float pixels = (float)counters->pixels[i];
        const float share = 1.0f / ((float)SCORE_ONE * fmaxf(pixels, 1.0f));
        const float cells = pixels * cells_per_pixel;
        float score = (float)counters->score_sums[i] * share;
        if (has_agreement)
            score = calibrated(score * trust_in((float)counters->iou_sums[i] * share,
                                                cells, kept[i], height, width), cells);
        scores[i] = score;
        alive[i] = counters->pixels[i] >= min_pixels && score >= min_score;
        counters->score_sums[i] = 0;
        counters->iou_sums[i] = 0;
        counters->pixels[i] = 0;
    }
    __syncthreads();
    close_ranks(alive, kept, scores, found, people);
}

// PIXELS neighbouring frame pixels per thread, one warp per row of a block. Between the
// four cells around a pixel logit and deltas are bilinear; where the logit reaches
// mask_logit, the pixel's own box is decoded around its place in the network input and
// goes to the best of the people's boxes, if the IoU is above min_iou. has_agreement: scores
// also count how well pixels and box agree, and are calibrated.
extern "C" __global__ void __launch_bounds__(BLOCK_X* BLOCK_Y) assign_pixels(
    const float* __restrict__ logits, const float4* __restrict__ deltas, int height, int width,
    float anchor_w, float anchor_h, const float4* __restrict__ kept, float mask_logit,
    float min_iou, float min_score, int min_pixels, int has_agreement, int frame_h, int frame_w,
    float cells_per_pixel_x, float cells_per_pixel_y, Counters* counters, unsigned char* labels,
    People* people)
{
    __shared__ float4 boxes[MAX_PEOPLE];
    __shared__ float areas[MAX_PEOPLE];
    __shared__ unsigned block_scores[MAX_PEOPLE];
    __shared__ unsigned block_ious[MAX_PEOPLE];
    __shared__ unsigned block_pixels[MAX_PEOPLE];
    const int thread = threadIdx.y * BLOCK_X + threadIdx.x;
    const int found = counters->people;
    for (int i = thread; i < found; i += BLOCK_X * BLOCK_Y) {
        boxes[i] = kept[i];
        areas[i] = area_of(boxes[i]);
        block_scores[i] = 0;
        block_ious[i] = 0;
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

    unsigned score[PIXELS], iou[PIXELS], score_sum = 0, iou_sum = 0;
    bool same = true;
#pragma unroll
    for (int k = 0; k < PIXELS; ++k) {
        score[k] = iou[k] = 0;
        if (label[k] > 0) {
            score[k] = (unsigned)(probability(pixel_logit[k]) * SCORE_ONE + 0.5f);
            iou[k] = (unsigned)(best_inter[k] / best_union[k] * SCORE_ONE + 0.5f);
        }
        score_sum += score[k];
        iou_sum += iou[k];
        same = same && label[k] == label[0];
        if (y < frame_h && x0 + k < frame_w)
            labels[(size_t)y * frame_w + x0 + k] = (unsigned char)label[k];
    }
    const int first = __shfl_sync(ALL_LANES, label[0], 0);
    if (__all_sync(ALL_LANES, same && label[0] == first)) {
        score_sum = warp_sum(score_sum);
        iou_sum = warp_sum(iou_sum);
        if (first > 0 && threadIdx.x == 0) {
            atomicAdd(&block_scores[first - 1], score_sum);
            atomicAdd(&block_ious[first - 1], iou_sum);
            atomicAdd(&block_pixels[first - 1], 32u * PIXELS);
        }
    } else {
#pragma unroll
        for (int k = 0; k < PIXELS; ++k) {
            if (label[k] == 0) continue;
            atomicAdd(&block_scores[label[k] - 1], score[k]);
            atomicAdd(&block_ious[label[k] - 1], iou[k]);
            atomicAdd(&block_pixels[label[k] - 1], 1u);
        }
    }
    __syncthreads();
    for (int i = thread; i < found; i += BLOCK_X * BLOCK_Y) {
        if (block_pixels[i] == 0) continue;
        atomicAdd(&counters->score_sums[i], (unsigned long long)block_scores[i]);
        atomicAdd(&counters->iou_sums[i], (unsigned long long)block_ious[i]);
        atomicAdd(&counters->pixels[i], block_pixels[i]);
    }
    if (is_last_block(&counters->assigned_blocks))
        finish_people(counters, kept, (unsigned)min_pixels, has_agreement, min_score,
                      cells_per_pixel_x * cells_per_pixel_y, height, width, people);
}

// One thread per PIXELS labels; does nothing where nobody was dropped.
extern "C" __global__ void relabel(unsigned char* labels, int count, const People* people)
{
    if (!people->renumbered) return;
    const int first = (blockIdx.x * BLOCK_X * BLOCK_Y + threadIdx.x) * PIXELS;
    for (int i = first; i < min(first + PIXELS, count); ++i)
        labels[i] = people->new_label[labels[i]];
}

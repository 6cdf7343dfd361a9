// Maps that are steady over time. Mirrors engine/kernels/steady_reference.py.
//
// shrink_input  network input -> a small picture, in which the host looks for motion
// take_maps     the network's maps -> maps of their own, and whether all are numbers
// mean_maps     these, and those of the frame before, moved along -> their mean

__device__ inline unsigned mean_of_four(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return (a + b + c + d + 2) >> 2;
}

// Of 2 by 2 pixels whose first one is `pixel`.
__device__ inline unsigned mean_of_square(const unsigned char* pixel, int row_bytes)
{
    return mean_of_four(pixel[0], pixel[3], pixel[row_bytes], pixel[row_bytes + 3]);
}

extern "C" __global__ void __launch_bounds__(BLOCK_X* BLOCK_Y) shrink_input(
    const unsigned char* __restrict__ rgb, int input_w, int height, int width,
    unsigned char* __restrict__ view)
{
    const int x = blockIdx.x * BLOCK_X + threadIdx.x, y = blockIdx.y * BLOCK_Y + threadIdx.y;
    if (y >= height || x >= width) return;
    const int row_bytes = input_w * 3;
    // The last row and column have no pixels of their own.
    const int top = min(y, height - 2) * HEAD_STRIDE, left = min(x, width - 2) * HEAD_STRIDE;
    const unsigned char* pixel = rgb + (size_t)top * row_bytes + left * 3;
    for (int c = 0; c < 3; ++c, ++pixel) {
        const unsigned char* below = pixel + 2 * row_bytes;
        view[((size_t)y * width + x) * 3 + c] = (unsigned char)mean_of_four(
            mean_of_square(pixel, row_bytes), mean_of_square(pixel + 6, row_bytes),
            mean_of_square(below, row_bytes), mean_of_square(below + 6, row_bytes));
    }
}

extern "C" __global__ void __launch_bounds__(BLOCK_X* BLOCK_Y) take_maps(
    const float* __restrict__ person_logits, const float* __restrict__ box_deltas, int cells,
    float* __restrict__ maps, unsigned char* __restrict__ broken)
{
    const int i = blockIdx.x * (BLOCK_X * BLOCK_Y) + threadIdx.x;
    bool finite = true;
    if (i < 5 * cells) {
        const float value = i < cells ? person_logits[i] : box_deltas[i - cells];
        finite = (__float_as_uint(value) & 0x7f800000u) != 0x7f800000u;
        maps[i] = value;
    }
    const int any = __syncthreads_or(!finite);
    if (threadIdx.x == 0) broken[blockIdx.x] = any != 0;
}

struct Four {
    int at[4];
    float share[4];
};

// The cells around (x, y), beyond the border those on it, and how near they are.
__device__ inline Four cells_around(float x, float y, int height, int width)
{
    const float at_x = fminf(fmaxf(x, 0.0f), (float)(width - 1));
    const float at_y = fminf(fmaxf(y, 0.0f), (float)(height - 1));
    const int left = (int)at_x, top = (int)at_y;
    const int right = min(left + 1, width - 1), bottom = min(top + 1, height - 1);
    const float to_right = at_x - left, down = at_y - top;
    return {{top * width + left, top * width + right, bottom * width + left,
             bottom * width + right},
            {(1.0f - down) * (1.0f - to_right), (1.0f - down) * to_right,
             down * (1.0f - to_right), down * to_right}};
}

__device__ inline float interpolate(const float* __restrict__ map, const Four& around)
{
    float sum = 0.0f;
    for (int i = 0; i < 4; ++i) sum += map[around.at[i]] * around.share[i];
    return sum;
}

// Of the probabilities, as a logit: log(p / q), exact also where either is near 0.
__device__ inline float mean_logit(float now, float before, float weight)
{
    const float odds = expf(fminf(fmaxf(now, -LOGIT_LIMIT), LOGIT_LIMIT));
    const float odds_before = expf(fminf(fmaxf(before, -LOGIT_LIMIT), LOGIT_LIMIT));
    const float share = (1.0f - weight) / (1.0f + odds);
    const float share_before = weight / (1.0f + odds_before);
    return logf((share * odds + share_before * odds_before) / (share + share_before));
}

extern "C" __global__ void __launch_bounds__(BLOCK_X* BLOCK_Y) mean_maps(
    const float* __restrict__ maps, const float* __restrict__ before,
    const float* __restrict__ moves, int height, int width, float* __restrict__ mean)
{
    const int x = blockIdx.x * BLOCK_X + threadIdx.x, y = blockIdx.y * BLOCK_Y + threadIdx.y;
    if (y >= height || x >= width) return;
    const int cell = y * width + x, cells = height * width;
    const float* move = moves + 3 * cell;
    const float weight = move[2];
    const Four around = cells_around(move[0], move[1], height, width);
    const float logit = maps[cell];
    const float logit_before = interpolate(before, around);
    mean[cell] = weight > 0.0f ? mean_logit(logit, logit_before, weight) : logit;
    for (int i = cell + cells; i < 5 * cells; i += cells) {
        before += cells;
        mean[i] = maps[i] + weight * (interpolate(before, around) - maps[i]);
    }
}

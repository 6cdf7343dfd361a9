// Frame (H, W, 3) uint8 BGR -> network input (h, w, 3) uint8 RGB, corner pixels on corner
// pixels, or with to_rgb 0 a picture (h, w, 3) uint8 BGR. Mirrors
// engine/kernels/reference_gpu_pictures.py: preprocess, resize.
//
// A frame that shrinks is averaged over blocks of block_h x block_w pixels first; the
// exact position comes from bilinear sampling of those averages. A block of threads
// averages what its pixels need into shared memory once.

struct Patch {
    int top, left, rows, columns;
};

__device__ inline int clamp_index(int i, int count) { return min(max(i, 0), count - 1); }

__device__ inline float position(int i, float step, float offset)
{
    return fmaf((float)i, step, offset);
}

// Averages of the blocks patch.top .. + rows, patch.left .. + columns, clamped to those
// that lie wholly inside the frame.
__device__ inline void average_patch(
    const unsigned char* __restrict__ frame, int frame_w, int averaged_h, int averaged_w,
    int block_h, int block_w, Patch patch, unsigned char (*averages)[PATCH_W][3])
{
    const unsigned area = block_h * block_w;
    const int thread = threadIdx.y * BLOCK_X + threadIdx.x;
    for (int i = thread; i < patch.rows * patch.columns; i += BLOCK_X * BLOCK_Y) {
        const int row = i / patch.columns, column = i % patch.columns;
        const int y = clamp_index(patch.top + row, averaged_h) * block_h;
        const int x = clamp_index(patch.left + column, averaged_w) * block_w;
        unsigned sums[3] = {0, 0, 0};
        for (int dy = 0; dy < block_h; ++dy) {
            const unsigned char* pixel = frame + ((size_t)(y + dy) * frame_w + x) * 3;
            for (int dx = 0; dx < block_w; ++dx, pixel += 3) {
                sums[0] += pixel[0];
                sums[1] += pixel[1];
                sums[2] += pixel[2];
            }
        }
        for (int c = 0; c < 3; ++c)
            averages[row][column][c] = (unsigned char)((2 * sums[c] + area) / (2 * area));
    }
}

extern "C" __global__ void __launch_bounds__(BLOCK_X* BLOCK_Y) preprocess(
    const unsigned char* __restrict__ frame, int frame_h, int frame_w, int block_h, int block_w,
    float step_y, float step_x, float offset_y, float offset_x, int height, int width,
    int to_rgb, unsigned char* __restrict__ resized)
{
    __shared__ unsigned char averages[PATCH_H][PATCH_W][3];
    const int averaged_h = frame_h / block_h, averaged_w = frame_w / block_w;
    const int y0 = blockIdx.y * BLOCK_Y, x0 = blockIdx.x * BLOCK_X;
    const int y1 = min(y0 + BLOCK_Y, height) - 1, x1 = min(x0 + BLOCK_X, width) - 1;
    Patch patch;
    patch.top = (int)floorf(position(y0, step_y, offset_y));
    patch.left = (int)floorf(position(x0, step_x, offset_x));
    patch.rows = min((int)floorf(position(y1, step_y, offset_y)) + 2 - patch.top, PATCH_H);
    patch.columns = min((int)floorf(position(x1, step_x, offset_x)) + 2 - patch.left, PATCH_W);
    average_patch(frame, frame_w, averaged_h, averaged_w, block_h, block_w, patch, averages);
    __syncthreads();

    const int y = y0 + threadIdx.y, x = x0 + threadIdx.x;
    if (y >= height || x >= width) return;
    const float at_y = position(y, step_y, offset_y), at_x = position(x, step_x, offset_x);
    const int row = (int)floorf(at_y), column = (int)floorf(at_x);
    const float weight_y = at_y - row, weight_x = at_x - column;
    const int up = min(row - patch.top, patch.rows - 1);
    const int left = min(column - patch.left, patch.columns - 1);
    const int down = min(up + 1, patch.rows - 1), right = min(left + 1, patch.columns - 1);
    unsigned char* out = resized + ((size_t)y * width + x) * 3;
    for (int c = 0; c < 3; ++c) {
        const float at_left =
            averages[up][left][c] + weight_y * (averages[down][left][c] - averages[up][left][c]);
        const float at_right =
            averages[up][right][c] +
            weight_y * (averages[down][right][c] - averages[up][right][c]);
        out[to_rgb ? 2 - c : c] = (unsigned char)floorf(at_left + weight_x * (at_right - at_left) + 0.5f);
    }
}

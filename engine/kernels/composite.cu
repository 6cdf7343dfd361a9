// Frame and labels -> the picture to show. Mirrors engine/kernels/composite_reference.py to
// the last bit; outlines mirror engine/kernels/reference_gpu_pictures.py: outline.
//
// Every thread owns PIXELS neighbouring pixels. A block first looks at its labels and the
// rim that outlines can reach over; where all of them are one, there is no outline.

struct Look {
    unsigned short tint_weight[256];
    unsigned short line_weight[256];
    unsigned short ring_weight[256];
    unsigned char tint_bgr[256][3];
    unsigned char line_bgr[256][3];
    unsigned char has_line[256];  // 1 where the label is outlined
};
static_assert(sizeof(Look) == LOOK_BYTES, "Look is laid out as the host expects");

#define RIM (MAX_OUTLINE_RADIUS + 1)
#define TILE_W (BLOCK_X * PIXELS)
#define TILE_H BLOCK_Y

__device__ inline unsigned blend(unsigned under, unsigned over, unsigned weight)
{
    return (under * (256u - weight) + over * weight + 128u) >> 8;
}

struct Tile {
    int top, left;      // frame pixel of the tile's first pixel, rim included
    int rows, columns;  // rim included
};

// Outlined labels of the tile; beyond the frame its nearest pixel's. True in all threads
// where they are not all the same.
__device__ inline bool load_tile(
    const unsigned char* __restrict__ labels, int frame_h, int frame_w,
    const unsigned char* __restrict__ has_line, Tile tile,
    unsigned char (*outlined)[TILE_W + 2 * RIM])
{
    const int thread = threadIdx.y * BLOCK_X + threadIdx.x;
    const int first_y = min(max(tile.top, 0), frame_h - 1);
    const int first_x = min(max(tile.left, 0), frame_w - 1);
    const unsigned char corner = labels[(size_t)first_y * frame_w + first_x];
    const unsigned char first = has_line[corner] ? corner : 0;
    bool differs = false;
    for (int i = thread; i < tile.rows * tile.columns; i += BLOCK_X * BLOCK_Y) {
        const int row = i / tile.columns, column = i % tile.columns;
        const int y = min(max(tile.top + row, 0), frame_h - 1);
        const int x = min(max(tile.left + column, 0), frame_w - 1);
        const unsigned char label = labels[(size_t)y * frame_w + x];
        outlined[row][column] = has_line[label] ? label : 0;
        differs = differs || outlined[row][column] != first;
    }
    return __syncthreads_or(differs);
}

// 1 where a pixel or one of its four neighbours inside the frame has another label. The
// outermost row of the rim serves the others and gets no edge of its own.
__device__ inline void mark_edges(
    Tile tile, const unsigned char (*outlined)[TILE_W + 2 * RIM],
    unsigned char (*edges)[TILE_W + 2 * RIM])
{
    const int thread = threadIdx.y * BLOCK_X + threadIdx.x;
    for (int i = thread; i < tile.rows * tile.columns; i += BLOCK_X * BLOCK_Y) {
        const int row = i / tile.columns, column = i % tile.columns;
        const bool inner =
            row > 0 && row < tile.rows - 1 && column > 0 && column < tile.columns - 1;
        const unsigned char label = outlined[row][column];
        edges[row][column] =
            inner && (outlined[row - 1][column] != label || outlined[row + 1][column] != label ||
                      outlined[row][column - 1] != label || outlined[row][column + 1] != label);
    }
}

struct Contour {
    unsigned density, owner;
};

// Edge pixels in the window around frame pixel (y, x), and whose outline passes there.
__device__ inline Contour contour_at(
    int y, int x, int frame_h, int frame_w, int radius, Tile tile,
    const unsigned char (*outlined)[TILE_W + 2 * RIM],
    const unsigned char (*edges)[TILE_W + 2 * RIM])
{
    Contour found = {0u, 0u};
    unsigned highest = 0;
    for (int dy = -radius; dy <= radius; ++dy) {
        const int row = min(max(y + dy, 0), frame_h - 1) - tile.top;
        for (int dx = -radius; dx <= radius; ++dx) {
            const int column = min(max(x + dx, 0), frame_w - 1) - tile.left;
            found.density += edges[row][column];
            highest = max(highest, (unsigned)outlined[row][column]);
        }
    }
    found.density = min(found.density, 255u);
    const unsigned own = outlined[y - tile.top][x - tile.left];
    found.owner = own ? own : highest;
    return found;
}

// Three bytes per pixel; as words where the width allows it.
__device__ inline void load_pixels(
    const unsigned char* from, int count, bool words, unsigned char (&bytes)[PIXELS * 3])
{
    if (words) {
#pragma unroll
        for (int i = 0; i < PIXELS * 3 / 4; ++i) {
            const unsigned word = reinterpret_cast<const unsigned*>(from)[i];
#pragma unroll
            for (int k = 0; k < 4; ++k) bytes[4 * i + k] = (unsigned char)(word >> (8 * k));
        }
    } else {
#pragma unroll
        for (int i = 0; i < PIXELS * 3; ++i) bytes[i] = i < count * 3 ? from[i] : 0;
    }
}

__device__ inline void store_pixels(
    unsigned char* to, int count, bool words, const unsigned char (&bytes)[PIXELS * 3])
{
    if (words) {
#pragma unroll
        for (int i = 0; i < PIXELS * 3 / 4; ++i) {
            unsigned word = 0;
#pragma unroll
            for (int k = 0; k < 4; ++k) word |= (unsigned)bytes[4 * i + k] << (8 * k);
            reinterpret_cast<unsigned*>(to)[i] = word;
        }
    } else {
#pragma unroll
        for (int i = 0; i < PIXELS * 3; ++i)
            if (i < count * 3) to[i] = bytes[i];
    }
}

// radius: half the side of the outlines' window, 0 draws none. cover, cover_alpha: a
// second picture (H, W, 3) and its plane (H, W), read where has_cover is set. out may be
// frame itself.
extern "C" __global__ void __launch_bounds__(BLOCK_X* BLOCK_Y, 4) composite(
    const unsigned char* frame, const unsigned char* __restrict__ labels, int frame_h,
    int frame_w, const Look* __restrict__ look, int radius, int has_cover,
    const unsigned char* __restrict__ cover, const unsigned char* __restrict__ cover_alpha,
    unsigned char* out)
{
    __shared__ unsigned char outlined[TILE_H + 2 * RIM][TILE_W + 2 * RIM];
    __shared__ unsigned char edges[TILE_H + 2 * RIM][TILE_W + 2 * RIM];
    const int rim = radius + 1;
    Tile tile;
    tile.top = (int)(blockIdx.y * TILE_H) - rim;
    tile.left = (int)(blockIdx.x * TILE_W) - rim;
    tile.rows = TILE_H + 2 * rim;
    tile.columns = TILE_W + 2 * rim;
    bool outlines = false;
    if (radius > 0) {
        outlines = load_tile(labels, frame_h, frame_w, look->has_line, tile, outlined);
        if (outlines) {
            mark_edges(tile, outlined, edges);
            __syncthreads();
        }
    }

    const int y = blockIdx.y * TILE_H + threadIdx.y;
    const int x0 = blockIdx.x * TILE_W + threadIdx.x * PIXELS;
    if (y >= frame_h || x0 >= frame_w) return;
    const int count = min(PIXELS, frame_w - x0);
    const bool words =
        frame_w % 4 == 0 && ((size_t)frame % 4) == 0 && ((size_t)out % 4) == 0;
    const size_t first = (size_t)y * frame_w + x0;
    unsigned char bytes[PIXELS * 3];
    load_pixels(frame + first * 3, count, words, bytes);
#pragma unroll
    for (int k = 0; k < PIXELS; ++k) {
        if (k >= count) continue;
        const unsigned label = labels[first + k];
        Contour contour = {0u, 0u};
        if (outlines) contour = contour_at(y, x0 + k, frame_h, frame_w, radius, tile, outlined, edges);
        unsigned covered = has_cover ? cover_alpha[first + k] : 0u;
        if (label == 0 && contour.density == 0 && covered == 0) continue;
        covered += covered >> 7;
        const unsigned tint = look->tint_weight[label];
        const unsigned ring = look->ring_weight[contour.density];
        const unsigned line = look->line_weight[contour.density];
#pragma unroll
        for (int c = 0; c < 3; ++c) {
            unsigned value = blend(bytes[3 * k + c], look->tint_bgr[label][c], tint);
            if (has_cover) value = blend(value, cover[(first + k) * 3 + c], covered);
            if (contour.density) {
                value = blend(value, 0u, ring);
                value = blend(value, look->line_bgr[contour.owner][c], line);
            }
            bytes[3 * k + c] = (unsigned char)value;
        }
    }
    store_pixels(out + first * 3, count, words, bytes);
}

// Edges of people that follow the picture. Mirrors engine/kernels/edges_reference.py
// (follow_edges) and engine/kernels/reference.py (upsample_labels).
//
// follow_edges     labels of the network's cells, and the picture -> labels of a finer grid
// upsample_labels  labels of a grid -> labels of the frame's pixels; people without one go
//
// A gap lies between four neighbouring cells. The counters return to zero by themselves.

#define TILE_H (BLOCK_Y + 2 * REACH - 1)
#define TILE_W (BLOCK_X + 2 * REACH - 1)

struct Colour {
    float b, g, r;
};

__device__ inline Colour colour_of(const unsigned char* bgr)
{
    return {(float)bgr[0], (float)bgr[1], (float)bgr[2]};
}

__device__ inline Colour minus(Colour a, Colour b) { return {a.b - b.b, a.g - b.g, a.r - b.r}; }

__device__ inline Colour times(Colour a, float by) { return {a.b * by, a.g * by, a.r * by}; }

__device__ inline void add(Colour* sum, Colour a, float weight)
{
    sum->b += weight * a.b;
    sum->g += weight * a.g;
    sum->r += weight * a.r;
}

__device__ inline float dot(Colour a, Colour b) { return a.b * b.b + a.g * b.g + a.r * b.r; }

// strength: how far the logit is from that of the mask threshold; sure: how much the cell's
// colour tells of its label.
struct Cell {
    float strength, sure;
    unsigned char bgr[3], label;
};

typedef Cell Tile[TILE_H][TILE_W];

// The cells of a tile that are in reach of a gap, ends included.
struct Window {
    int top, bottom, left, right;
};

// What is positive for colours of the lower of two labels.
struct Line {
    Colour slopes, middle;
};

struct Spread {
    float bb, bg, br, gg, gr, rr;
};

struct Vote {
    int label;
    float votes;
};

// The label of four with the largest sum of votes, among equal ones the lowest.
__device__ inline Vote most_voted(const float (&votes)[4], const int (&labels)[4])
{
    Vote best = {labels[0], -1.0f};
#pragma unroll
    for (int k = 0; k < 4; ++k) {
        float total = 0.0f;
#pragma unroll
        for (int i = 0; i < 4; ++i) total += labels[i] == labels[k] ? votes[i] : 0.0f;
        if (total > best.votes || (total == best.votes && labels[k] < best.label))
            best = {labels[k], total};
    }
    return best;
}

// The label that most cells in the window have besides `own`, among equal ones the lowest;
// `own` where there is none.
__device__ inline int rival_of(const Tile& tile, Window window, int own)
{
    int rival = own, most = 0;
    for (int before = -1;;) {
        int label = 256, count = 0;  // the lowest above `before`
        for (int y = window.top; y <= window.bottom; ++y) {
            for (int x = window.left; x <= window.right; ++x) {
                const int other = tile[y][x].label;
                if (other <= before || other == own || other > label) continue;
                count = other < label ? 1 : count + 1;
                label = other;
            }
        }
        if (label == 256) return rival;
        if (count > most) {
            rival = label;
            most = count;
        }
        before = label;
    }
}

// The x of spread * x = difference, by its factors L, D and the transpose of L.
__device__ inline Colour solve(Spread spread, Colour difference)
{
    const float l_gb = spread.bg / spread.bb, l_rb = spread.br / spread.bb;
    const float d_g = spread.gg - spread.bg * l_gb;
    const float below = spread.gr - spread.br * l_gb;
    const float l_rg = below / d_g;
    const float d_r = spread.rr - spread.br * l_rb - below * l_rg;
    const float g = difference.g - l_gb * difference.b;
    const float r = (difference.r - l_rb * difference.b - l_rg * g) / d_r;
    const float solved_g = g / d_g - l_rg * r;
    return {difference.b / spread.bb - l_gb * solved_g - l_rb * r, solved_g, r};
}

__device__ inline Line discriminant(const Tile& tile, Window window, int low, int high)
{
    float sure_low = 0.0f, sure_high = 0.0f;
    Colour low_mean = {0.0f, 0.0f, 0.0f}, high_mean = low_mean;
    for (int y = window.top; y <= window.bottom; ++y) {
        for (int x = window.left; x <= window.right; ++x) {
            const Cell& cell = tile[y][x];
            if (cell.label == low) {
                sure_low += cell.sure;
                add(&low_mean, colour_of(cell.bgr), cell.sure);
            } else if (cell.label == high) {
                sure_high += cell.sure;
                add(&high_mean, colour_of(cell.bgr), cell.sure);
            }
        }
    }
    Line line = {{0.0f, 0.0f, 0.0f}, {0.0f, 0.0f, 0.0f}};
    if (sure_low == 0.0f || sure_high == 0.0f) return line;
    low_mean = times(low_mean, 1.0f / sure_low);
    high_mean = times(high_mean, 1.0f / sure_high);
    Spread spread = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f};
    for (int y = window.top; y <= window.bottom; ++y) {
        for (int x = window.left; x <= window.right; ++x) {
            const Cell& cell = tile[y][x];
            if (cell.label != low && cell.label != high) continue;
            const Colour off = minus(colour_of(cell.bgr), cell.label == low ? low_mean : high_mean);
            const Colour weighted = times(off, cell.sure);
            spread.bb += weighted.b * off.b;
            spread.bg += weighted.b * off.g;
            spread.br += weighted.b * off.r;
            spread.gg += weighted.g * off.g;
            spread.gr += weighted.g * off.r;
            spread.rr += weighted.r * off.r;
        }
    }
    const float share = 1.0f / (sure_low + sure_high);
    spread = {spread.bb * share + COLOUR_NOISE, spread.bg * share, spread.br * share,
              spread.gg * share + COLOUR_NOISE, spread.gr * share,
              spread.rr * share + COLOUR_NOISE};
    const float fewer = fminf(sure_low, sure_high);
    const float trust = fewer / (fewer + FEW_CELLS);
    line.slopes = times(solve(spread, minus(low_mean, high_mean)), trust);
    add(&low_mean, high_mean, 1.0f);
    line.middle = times(low_mean, 0.5f);
    return line;
}

// One thread per gap. Its cells and those in reach of any gap of the block go to shared
// memory once. fine: the grid finer times as fine, (finer * (height - 1) + 1) rows and so on;
// a thread fills the points of its gap, those on the far border only at the end of the grid.
extern "C" __global__ void __launch_bounds__(BLOCK_X* BLOCK_Y) follow_edges(
    const float* __restrict__ logits, float mask_logit, const unsigned char* __restrict__ labels,
    const unsigned char* __restrict__ cell_bgr, const unsigned char* __restrict__ fine_bgr,
    int height, int width, int finer, float* __restrict__ fine_margins,
    unsigned char* __restrict__ fine_labels)
{
    __shared__ Tile tile;
    const int top = blockIdx.y * BLOCK_Y + 1 - REACH, left = blockIdx.x * BLOCK_X + 1 - REACH;
    const int first = threadIdx.y * BLOCK_X + threadIdx.x;
    for (int i = first; i < TILE_H * TILE_W; i += BLOCK_X * BLOCK_Y) {
        const int y = top + i / TILE_W, x = left + i % TILE_W;
        if (y < 0 || x < 0 || y >= height || x >= width) continue;
        Cell& cell = tile[i / TILE_W][i % TILE_W];
        const int place = y * width + x;
        cell.strength = fabsf(logits[place] - mask_logit);
        cell.sure = tanhf(cell.strength);
        cell.label = labels[place];
        for (int c = 0; c < 3; ++c) cell.bgr[c] = cell_bgr[place * 3 + c];
    }
    __syncthreads();
    const int row = blockIdx.y * BLOCK_Y + threadIdx.y;
    const int column = blockIdx.x * BLOCK_X + threadIdx.x;
    if (row >= height - 1 || column >= width - 1) return;

    int owners[4];
    float strength[4];
#pragma unroll
    for (int k = 0; k < 4; ++k) {
        const Cell& corner = tile[threadIdx.y + REACH - 1 + k / 2][threadIdx.x + REACH - 1 + k % 2];
        owners[k] = corner.label;
        strength[k] = corner.strength;
    }
    int low = min(min(owners[0], owners[1]), min(owners[2], owners[3]));
    int high = max(max(owners[0], owners[1]), max(owners[2], owners[3]));
    bool crowded = false;
#pragma unroll
    for (int k = 0; k < 4; ++k) crowded = crowded || (owners[k] > low && owners[k] < high);
    const float weakest = fminf(fminf(strength[0], strength[1]), fminf(strength[2], strength[3]));
    const Window window = {max(row + 1 - REACH, 0) - top, min(row + REACH, height - 1) - top,
                           max(column + 1 - REACH, 0) - left, min(column + REACH, width - 1) - left};
    if (low == high && weakest < PICTURE_WEIGHT * MOST_EVIDENCE) {
        const int rival = rival_of(tile, window, low);
        high = max(low, rival);
        low = min(low, rival);
    }
    Line line = {{0.0f, 0.0f, 0.0f}, {0.0f, 0.0f, 0.0f}};
    if (low != high && !crowded) line = discriminant(tile, window, low, high);

    const int fine_w = finer * (width - 1) + 1;
    const int rows = finer + (row == height - 2), columns = finer + (column == width - 2);
    for (int i = 0; i < rows; ++i) {
        const float down = (float)i / finer;
        for (int j = 0; j < columns; ++j) {
            const float across = (float)j / finer;
            const float votes[4] = {
                (1.0f - down) * (1.0f - across) * strength[0], (1.0f - down) * across * strength[1],
                down * (1.0f - across) * strength[2], down * across * strength[3]};
            const int place = (row * finer + i) * fine_w + column * finer + j;
            Vote vote;
            if (crowded) {
                vote = most_voted(votes, owners);
            } else {
                const Colour colour = colour_of(fine_bgr + place * 3);
                const float seen = dot(line.slopes, minus(colour, line.middle));
                float said = PICTURE_WEIGHT * fminf(fmaxf(seen, -MOST_EVIDENCE), MOST_EVIDENCE);
#pragma unroll
                for (int k = 0; k < 4; ++k) said += owners[k] == low ? votes[k] : -votes[k];
                vote = {said >= 0.0f ? low : high, fabsf(said)};
            }
            fine_labels[place] = (unsigned char)vote.label;
            fine_margins[place] = vote.votes;
        }
    }
}

// People of whom no pixel is left go, by one block.
__device__ inline void leave_out_absent(Counters* counters, People* people)
{
    __shared__ float4 boxes[MAX_PEOPLE];
    __shared__ float scores[MAX_PEOPLE];
    __shared__ unsigned char alive[MAX_PEOPLE];
    const int found = people->count;
    for (int i = threadIdx.y * BLOCK_X + threadIdx.x; i < found; i += BLOCK_X * BLOCK_Y) {
        boxes[i] = people->boxes[i];
        scores[i] = people->scores[i];
        alive[i] = counters->pixels[i] > 0;
        counters->pixels[i] = 0;
    }
    __syncthreads();
    close_ranks(alive, boxes, scores, (unsigned)found, people);
}

// PIXELS neighbouring frame pixels per thread. Corner points of the grid lie on corner pixels;
// the four around a pixel vote for their labels with bilinear weight times margin. The labels
// are those of people, of whom everybody keeps their number; relabel closes the gaps.
extern "C" __global__ void __launch_bounds__(BLOCK_X* BLOCK_Y) upsample_labels(
    const float* __restrict__ margins, const unsigned char* __restrict__ grid_labels, int height,
    int width, int frame_h, int frame_w, Counters* counters, unsigned char* labels, People* people)
{
    __shared__ unsigned char seen[256];
    const int thread = threadIdx.y * BLOCK_X + threadIdx.x;
    const int found = people->count;
    for (int i = thread; i < 256; i += BLOCK_X * BLOCK_Y) seen[i] = 0;
    __syncthreads();
    const int y = blockIdx.y * BLOCK_Y + threadIdx.y;
    const int x0 = (blockIdx.x * BLOCK_X + threadIdx.x) * PIXELS;
    const int last_y = max(frame_h - 1, 1), last_x = max(frame_w - 1, 1);
    // Whole numbers, because where two margins are equal a rounded place would decide.
    const int row = min(y * (height - 1) / last_y, max(height - 2, 0));
    const float down = (float)(y * (height - 1) - row * last_y) / last_y;
    const int up_at = row * width, down_at = min(row + 1, height - 1) * width;
#pragma unroll
    for (int k = 0; k < PIXELS; ++k) {
        const int x = x0 + k;
        if (y >= frame_h || x >= frame_w) continue;
        const int column = min(x * (width - 1) / last_x, max(width - 2, 0));
        const int behind = min(column + 1, width - 1);
        const int owners[4] = {grid_labels[up_at + column], grid_labels[up_at + behind],
                               grid_labels[down_at + column], grid_labels[down_at + behind]};
        int label = owners[0];
        if (owners[1] != label || owners[2] != label || owners[3] != label) {
            const float across = (float)(x * (width - 1) - column * last_x) / last_x;
            const float votes[4] = {(1.0f - down) * (1.0f - across) * fabsf(margins[up_at + column]),
                                    (1.0f - down) * across * fabsf(margins[up_at + behind]),
                                    down * (1.0f - across) * fabsf(margins[down_at + column]),
                                    down * across * fabsf(margins[down_at + behind])};
            label = most_voted(votes, owners).label;
        }
        labels[(size_t)y * frame_w + x] = (unsigned char)label;
        seen[label] = 1;
    }
    __syncthreads();
    for (int i = thread; i < found; i += BLOCK_X * BLOCK_Y)
        if (seen[i + 1]) counters->pixels[i] = 1;
    if (is_last_block(&counters->assigned_blocks)) leave_out_absent(counters, people);
}

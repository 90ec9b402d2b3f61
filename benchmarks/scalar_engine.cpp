// The same neuron and secretion equations as a scalar engine: one cell at a time, one millisecond at a time, Poisson
// input by exponential waiting times carried from step to step. This is how the simulators of the field are written;
// it is a fair one: double precision, everything in registers, decay factors computed once, powers by multiplication, a
// fast generator (xoshiro256+), no output beyond counts and the total secretion.
//
// usage: scalar_engine CELLS MILLISECONDS SECRETION(0|1|2|3) REPEATS < parameters
// SECRETION 1: calcium entry is evaluated each ms, in the order of the published equations; 2: only when a cell spikes;
// 3: as 1, written plainly: the generator and distributions of the standard library, powers by pow
// stdin: psp_rate_excitation psp_rate_inhibition (1/ms), left_psp left_hap left_ahp left_dap, size gap hap ahp dap
//        refractory, then 14 numbers of the secretion in the order of knuffel's equations.constants
// stdout, one line for each repeat: nanoseconds per cell and ms, spikes per s and cell, pg/s

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

struct Generator {
    uint64_t s[4];
    explicit Generator(uint64_t seed) {
        for (auto &word : s) {  // splitmix64
            seed += 0x9E3779B97F4A7C15ull;
            uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
            word = z ^ (z >> 31);
        }
    }
    uint64_t next() {
        const uint64_t result = s[0] + s[3], t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = (s[3] << 45) | (s[3] >> 19);
        return result;
    }
    double exponential() { return -std::log(((next() >> 11) + 0.5) * 0x1.0p-53); }
};

struct PlainGenerator {
    std::mt19937_64 engine;
    std::exponential_distribution<double> waiting{1.0};
    explicit PlainGenerator(uint64_t seed) : engine(seed) {}
    double exponential() { return waiting(engine); }
};

struct Membrane {
    double rate_e, rate_i, left_psp, left_hap, left_ahp, left_dap, size, gap, hap, ahp, dap, refractory;
};

struct Terminal {
    double left_b, left_e, left_c, step_b, step_e, step_c, base, fast, slow, release, refill, full, reserve_full,
        synthesis;
};

static volatile double entry_sink;

template <int secretion, class Random>
static void run_cell(const Membrane &m, const Terminal &q, long steps, uint64_t seed, long &spikes, double &released) {
    Random random(seed);
    double psp = 0, hap = 0, ahp = 0, dap = 0, since = m.refractory;
    double b = 0, e = 0, c = 0.03, pool = q.full, reserve = q.reserve_full, out = 0, entry = 0;
    double wait_e = random.exponential() / m.rate_e, wait_i = random.exponential() / m.rate_i;
    long count = 0;
    for (long t = 0; t < steps; ++t) {
        int n = 0;
        wait_e -= 1;
        while (wait_e <= 0) {
            ++n;
            wait_e += random.exponential() / m.rate_e;
        }
        wait_i -= 1;
        while (wait_i <= 0) {
            --n;
            wait_i += random.exponential() / m.rate_i;
        }
        psp = psp * m.left_psp + m.size * n;
        hap *= m.left_hap;
        ahp *= m.left_ahp;
        dap *= m.left_dap;
        since += 1;
        double calcium = 0;
        if (secretion) {
            b *= q.left_b;
            e *= q.left_e;
            c *= q.left_c;
            const double e2 = e * e, x = q.release * e2 * pool;
            const double fill = pool < q.full ? q.refill * reserve : 0.0;
            const double made = reserve < q.reserve_full ? q.synthesis : 0.0;
            pool += fill - x;
            reserve += made - fill;
            out += x;
            if (secretion == 3) {
                const double e5 = std::pow(e, 5.0), c3 = std::pow(c, 3.0);
                calcium = (1 - e5 / (e5 + q.fast)) * (1 - c3 / (c3 + q.slow)) * (b + q.base);
                entry += calcium;
            }
            if (secretion == 1) {
                const double e5 = e2 * e2 * e, c3 = c * c * c;
                calcium = (1 - e5 / (e5 + q.fast)) * (1 - c3 / (c3 + q.slow)) * (b + q.base);
                entry += calcium;
            }
        }
        if (psp - hap - ahp + dap > m.gap && since >= m.refractory) {
            hap += m.hap;
            ahp += m.ahp;
            dap += m.dap;
            since = 0;
            ++count;
            if (secretion) {
                if (secretion == 2) {
                    const double e2 = e * e, e5 = e2 * e2 * e, c3 = c * c * c;
                    calcium = (1 - e5 / (e5 + q.fast)) * (1 - c3 / (c3 + q.slow)) * (b + q.base);
                }
                b += q.step_b;
                e += q.step_e * calcium;
                c += q.step_c * calcium;
            }
        }
    }
    spikes += count;
    released += out;
    entry_sink = entry;  // a published state variable: it may not be optimised away
}

static double cpu_seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    const long cells = std::atol(argv[1]), steps = std::atol(argv[2]);
    const int secretion = std::atoi(argv[3]);
    const int repeats = std::atoi(argv[4]);
    double value[26];
    for (double &number : value)
        if (std::scanf("%lf", &number) != 1) return 2;
    Membrane m;
    Terminal q;
    static_assert(sizeof(m) == 12 * sizeof(double) && sizeof(q) == 14 * sizeof(double), "plain numbers");
    std::copy(value, value + 12, reinterpret_cast<double *>(&m));
    std::copy(value + 12, value + 26, reinterpret_cast<double *>(&q));
    for (int repeat = 0; repeat < repeats; ++repeat) {
        long spikes = 0;
        double released = 0;
        const double begin = cpu_seconds();
        for (long cell = 0; cell < cells; ++cell) {
            if (secretion == 1)
                run_cell<1, Generator>(m, q, steps, 1 + cell, spikes, released);
            else if (secretion == 2)
                run_cell<2, Generator>(m, q, steps, 1 + cell, spikes, released);
            else if (secretion == 3)
                run_cell<3, PlainGenerator>(m, q, steps, 1 + cell, spikes, released);
            else
                run_cell<0, Generator>(m, q, steps, 1 + cell, spikes, released);
        }
        const double ns = (cpu_seconds() - begin) * 1e9;
        std::printf("%.6f %.6f %.6f\n", ns / (double(cells) * double(steps)), spikes / (cells * (steps / 1000.0)),
                    released / cells / (steps / 1000.0));
    }
    return 0;
}

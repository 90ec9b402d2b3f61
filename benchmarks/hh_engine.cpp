// The Hodgkin-Huxley oxytocin neuron as a scalar engine: one cell at a time, one step at a time, exponential Euler with
// the same step and the same order as ours, Poisson input by exponential waiting times. A fair one: double precision,
// everything in registers, whatever does not depend on the potential computed once, no output beyond the spike count.
//
// usage: hh_engine CELLS MILLISECONDS STEPS_PER_MS REPEATS < parameters
// stdin: arrivals per ms (excitatory, inhibitory), then the 43 numbers of knuffel's equations.constants, in their order
// stdout, one line for each repeat: nanoseconds per cell and ms, spikes per s and cell

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

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
    uint64_t next() {  // xoshiro256+
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

struct Rate {
    double factor, zero, steepness;
    double exponent(double v) const { return (zero - v) * steepness; }
};

struct Cell {
    double excitation, inhibition;
    Rate am, bm, ah, bh, an, bn;
    double z_zero, z_steep, q_zero, q_steep, dt, rise, fall, g_ca, influx, e_ca, lost, g_na, g_k, g_bk, g_sk, half, g_l,
        jump, e_na, e_k, fixed, dt_c, fade, peak, rearm;
};

static double bernoulli(double t) { return std::fabs(t) < 1e-6 ? 1 - 0.5 * t : t / (std::exp(t) - 1); }

static double gate(double x, double a, double b, double dt) {
    const double total = a + b, target = a / total;
    return target + (x - target) * std::exp(-dt * total);
}

static long run_cell(const Cell &c, long steps, long per_ms, uint64_t seed) {
    Generator random(seed);
    double v = (c.fixed) / c.g_l, m = 0, h = 1, n = 0, q = 0, calcium = 0, synaptic = 0;
    bool armed = true;
    double wait_e = random.exponential() / c.excitation, wait_i = random.exponential() / c.inhibition;
    const double dt = 1.0 / per_ms;
    long count = 0;
    for (long t = 0; t < steps * per_ms; ++t) {
        int net = 0;
        wait_e -= dt;
        while (wait_e <= 0) {
            ++net;
            wait_e += random.exponential() / c.excitation;
        }
        wait_i -= dt;
        while (wait_i <= 0) {
            --net;
            wait_i += random.exponential() / c.inhibition;
        }
        const double a_m = c.am.factor * bernoulli(c.am.exponent(v)), b_m = c.bm.factor * bernoulli(c.bm.exponent(v));
        const double a_h = c.ah.factor * std::exp(c.ah.exponent(v));
        const double b_h = c.bh.factor / (1 + std::exp(c.bh.exponent(v)));
        const double a_n = c.an.factor * bernoulli(c.an.exponent(v)), b_n = c.bn.factor * std::exp(c.bn.exponent(v));
        const double z = 1 / (1 + std::exp((c.z_zero - v) * c.z_steep));
        const double q_inf = 1 / (1 + std::exp((c.q_zero - v) * c.q_steep));
        m = gate(m, a_m, b_m, c.dt);
        h = gate(h, a_h, b_h, c.dt);
        n = gate(n, a_n, b_n, c.dt);
        q += (q_inf - q) * (q_inf > q ? c.rise : c.fall);
        const double g_ca = c.g_ca * z * z;
        calcium += (c.influx * g_ca * (c.e_ca - v) - calcium) * c.lost;
        const double g_na = c.g_na * m * m * m * h;
        const double g_k = c.g_k * (n * n) * (n * n) + c.g_bk * q + c.g_sk * calcium / (calcium + c.half);
        const double total = g_na + g_k + g_ca + c.g_l;
        const double after = synaptic - synaptic * c.fade + c.jump * net;
        const double target =
            (g_na * c.e_na + g_k * c.e_k + g_ca * c.e_ca + c.fixed + 0.5 * (synaptic + after)) / total;
        synaptic = after;
        v = target + (v - target) * std::exp(-total * c.dt_c);
        if (armed && v >= c.peak) {
            armed = false;
            ++count;
        }
        if (v < c.rearm) armed = true;
    }
    return count;
}

static double cpu_seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    const long cells = std::atol(argv[1]), steps = std::atol(argv[2]), per_ms = std::atol(argv[3]);
    const int repeats = std::atoi(argv[4]);
    Cell c;
    static_assert(sizeof(c) == 45 * sizeof(double), "plain numbers");
    for (double *number = &c.excitation; number < &c.excitation + 45; ++number)
        if (std::scanf("%lf", number) != 1) return 2;
    for (int repeat = 0; repeat < repeats; ++repeat) {
        long spikes = 0;
        const double begin = cpu_seconds();
        for (long cell = 0; cell < cells; ++cell) spikes += run_cell(c, steps, per_ms, 1 + cell);
        const double ns = (cpu_seconds() - begin) * 1e9;
        std::printf("%.6f %.6f\n", ns / (double(cells) * double(steps)), spikes / (cells * (steps / 1000.0)));
    }
    return 0;
}

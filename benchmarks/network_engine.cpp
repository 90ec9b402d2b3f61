// The network of oxytocin neurons written the plain way, as simulators of the field are: one object after the other,
// one millisecond at a time, a Poisson sampler of the standard library for each of the four inputs of a neuron, powers
// by pow and decays by exp wherever they stand in the equations. Optionally the secretion of each neuron, written
// alike.
//
// usage: network_engine CELLS BUNDLES MILLISECONDS SECRETION(0|1) REPEATS < parameters
// stdin: 26 numbers of the network (see struct Network), 14 of the secretion in the order of knuffel's
//        equations.constants, then the two bundles of each neuron
// stdout, one line for each repeat: nanoseconds per cell and ms, spikes per s and cell, pg/s

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

struct Network {
    double rate_e, rate_i, priming, fraction, excitation;
    double tau_m, rest, threshold, v_e, v_i, a_e, a_i, hap, tau_hap, ahp, tau_ahp, half_ahp;
    double tau_g, most_g, tau_r, tau_c, step_c, limit_c, half_c;
    double shortest, delay;
};

struct Terminal {
    double left_b, left_e, left_c, step_b, step_e, step_c, base, fast, slow, release, refill, full, reserve_full,
        synthesis;
};

struct Neuron {
    double v, f, r[2], g[2];
    long since, counter, last;
    bool pending;
    int bundle[2];
    double b, e, c, pool, reserve;
};

static double cpu_seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static double attenuated(const Network &p, double c) {
    return 1 - p.limit_c * std::pow(c, 4.0) / (std::pow(c, 4.0) + std::pow(p.half_c, 4.0));
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    const long cells = std::atol(argv[1]), bundles = std::atol(argv[2]), steps = std::atol(argv[3]);
    const bool secretion = std::atoi(argv[4]) != 0;
    const int repeats = std::atoi(argv[5]);
    Network p;
    Terminal q;
    for (double *number = &p.rate_e; number <= &p.delay; ++number)
        if (std::scanf("%lf", number) != 1) return 2;
    for (double *number = &q.left_b; number <= &q.synthesis; ++number)
        if (std::scanf("%lf", number) != 1) return 2;
    std::vector<Neuron> neurons(cells);
    for (Neuron &n : neurons) {
        if (std::scanf("%d %d", &n.bundle[0], &n.bundle[1]) != 2) return 2;
        n.v = p.rest;
        n.f = n.r[0] = n.r[1] = n.g[0] = n.g[1] = 0;
        n.since = n.counter = n.last = 10000;
        n.pending = false;
        n.b = n.e = 0;
        n.c = 0.03;
        n.pool = q.full;
        n.reserve = q.reserve_full;
    }
    std::vector<double> released(bundles, 0), cannabinoid(bundles, 0), sum(bundles, 0);
    std::mt19937_64 random(1);
    for (int repeat = 0; repeat < repeats; ++repeat) {
        long spikes = 0;
        double out = 0;
        const double begin = cpu_seconds();
        for (long t = 0; t < steps; ++t) {
            for (Neuron &n : neurons) {
                n.since += 1;
                n.counter += 1;
                int excited = 0, inhibited = 0;
                for (int k = 0; k < 2; ++k) {
                    const double open = attenuated(p, cannabinoid[n.bundle[k]]);
                    std::poisson_distribution<int> e(p.rate_e * open), i(p.rate_i * open);
                    excited += e(random);
                    inhibited += i(random);
                }
                const double kick = p.a_e * (p.v_e - n.v) * excited - p.a_i * (n.v - p.v_i) * inhibited;
                n.v = (1 - 1 / p.tau_m) * n.v + p.rest / p.tau_m + kick;
                for (int k = 0; k < 2; ++k) {
                    n.g[k] = (1 - 1 / p.tau_g) * n.g[k] + p.excitation * released[n.bundle[k]];
                    if (n.g[k] > p.most_g) n.g[k] = p.most_g;
                }
                n.f = (1 - 1 / p.tau_ahp) * n.f;
                const double fourth = std::pow(n.f, 4.0);
                const double threshold = p.threshold + p.hap * std::exp(-n.since / p.tau_hap) +
                                         p.ahp * fourth / (fourth + std::pow(p.half_ahp, 4.0)) -
                                         0.5 * (n.g[0] + n.g[1]);
                const bool fires = n.v > threshold;
                if (secretion) {
                    n.b *= q.left_b;
                    n.e *= q.left_e;
                    n.c *= q.left_c;
                    const double x = q.release * std::pow(n.e, 2.0) * n.pool;
                    const double fill = n.pool < q.full ? q.refill * n.reserve : 0.0;
                    const double made = n.reserve < q.reserve_full ? q.synthesis : 0.0;
                    n.pool += fill - x;
                    n.reserve += made - fill;
                    out += x;
                    const double e5 = std::pow(n.e, 5.0), c3 = std::pow(n.c, 3.0);
                    const double calcium = (1 - e5 / (e5 + q.fast)) * (1 - c3 / (c3 + q.slow)) * (n.b + q.base);
                    if (fires) {
                        n.b += q.step_b;
                        n.e += q.step_e * calcium;
                        n.c += q.step_c * calcium;
                    }
                }
                if (fires) {
                    n.f += 1;
                    n.v = p.rest;
                    n.pending = true;
                    n.since = 0;
                    n.last = n.counter;
                    n.counter = 0;
                    ++spikes;
                }
                double release[2] = {0, 0};
                if (n.pending && n.since > p.delay) {
                    n.pending = false;
                    if (n.last < p.shortest)
                        for (int k = 0; k < 2; ++k) release[k] = p.fraction * n.r[k];
                }
                for (int k = 0; k < 2; ++k) {
                    n.r[k] = (1 - 1 / p.tau_r) * n.r[k] + p.priming - release[k];
                    sum[n.bundle[k]] += release[k];
                }
            }
            for (long b = 0; b < bundles; ++b) {
                released[b] = sum[b];
                cannabinoid[b] = (1 - 1 / p.tau_c) * cannabinoid[b] + p.step_c * released[b];
                sum[b] = 0;
            }
        }
        const double ns = (cpu_seconds() - begin) * 1e9;
        std::printf("%.6f %.6f %.6f\n", ns / (double(cells) * double(steps)), spikes / (cells * (steps / 1000.0)),
                    out / cells / (steps / 1000.0));
    }
    return 0;
}

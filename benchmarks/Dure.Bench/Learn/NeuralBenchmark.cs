using System.Diagnostics;
using System.Globalization;
using Dure.Learn.Neural;

namespace Dure.Bench.Learn;

/// <summary>
/// One step of training, forward and back, of four reference networks: ours beside PyTorch's on the processor (Debian's python3-torch), in turns, on two
/// threads and on one. Debian's PyTorch multiplies through whatever libblas the system has chosen; the note says which.
/// </summary>
internal static class NeuralBenchmark
{
    private const double Target = 0.8;
    private const int Turns = 3;
    private static readonly Activation Relu = new(ActivationFunction.Relu);

    private static readonly (string Name, string What, int Batch, Func<NetworkBuilder> Build)[] Networks =
    [
        ("dense", "dense 28-256-256-1, batch 256", 256, () => new NetworkBuilder(Shape.Row(28))
            .Then(new Dense(256)).Then(Relu).Then(new Dense(256)).Then(Relu).Then(new Dense(1))),
        ("window", "three 1-D convolutions of 32 on 14 signals x 60, batch 64", 64, () => new NetworkBuilder(Shape.Window(60, 14))
            .Then(new Convolution(32, Sliding.Same(5))).Then(Relu).Then(new Convolution(32, Sliding.Same(5))).Then(Relu).Then(new Convolution(32, Sliding.Same(5))).Then(Relu)
            .Then(new Flatten()).Then(new Dense(64)).Then(Relu).Then(new Dense(1))),
        ("image", "two 2-D convolutions of 16 and 32 on 32 x 32, batch 64", 64, () => new NetworkBuilder(Shape.Image(32, 32, 1))
            .Then(new Convolution(16, Sliding.Square(3))).Then(Relu).Then(Pooling.MaxSquare(2)).Then(new Convolution(32, Sliding.Square(3))).Then(Relu).Then(Pooling.MaxSquare(2))
            .Then(new Flatten()).Then(new Dense(1))),
        ("recurrent", "GRU of 64 on 14 signals x 30, batch 64", 64, () => new NetworkBuilder(Shape.Window(30, 14)).Then(new Gru(64)).Then(new LastPosition()).Then(new Dense(1))),
    ];

    public static async Task<Report> Run(bool isQuick)
    {
        var report = new Report("neural");
        foreach (var threads in (int[])[2, 1])
        {
            var ours = Networks.ToDictionary(network => network.Name, _ => new List<double>());
            var theirs = Networks.ToDictionary(network => network.Name, _ => new List<double>());
            string? blas = null;
            for (var turn = 0; turn < (isQuick ? 1 : Turns); turn++)
            {
                foreach (var (name, _, batch, build) in Networks)
                    ours[name].Add(Measure(build().Build(1), batch, threads));
                blas = await Torch(threads, theirs);
            }
            foreach (var (name, what, _, _) in Networks)
            {
                if (theirs[name].Count > 0)
                    report.Compared($"{what}, forward and back, {threads} thread(s), speed", 1000 / Report.Median(ours[name]), "PyTorch", 1000 / Report.Median(theirs[name]), "steps/s", Target);
                else
                    report.Note($"{what}, {threads} thread(s): {Report.Median(ours[name]):0.###} ms; PyTorch is not here (python3-torch)");
            }
            if (blas is not null)
                report.Note($"PyTorch with {blas}");
        }
        return report;
    }

    /// <summary>Milliseconds of one step: the median of some stretches.</summary>
    private static double Measure(Network network, int batch, int threads)
    {
        const int warmUp = 100, stretches = 15, steps = 20;
        var random = new Random(1);
        float[] numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        var examples = new ExampleArrays(numbers(batch * network.Input.Size), numbers(batch), batch);
        var rows = Enumerable.Range(0, batch).ToArray();
        var gradient = new BatchGradient(network, NetworkLoss.Squared, threads);
        void step()
        {
            gradient.Run(examples, rows, 1, CancellationToken.None);
            network.Touch(); // the weights would have changed
        }
        for (var i = 0; i < warmUp; i++)
            step();
        var times = new double[stretches];
        foreach (ref var time in times.AsSpan())
        {
            var begun = Stopwatch.GetTimestamp();
            for (var i = 0; i < steps; i++)
                step();
            time = Stopwatch.GetElapsedTime(begun).TotalMilliseconds / steps;
        }
        return Report.Median(times);
    }

    /// <summary>Runs the same networks in PyTorch; adds milliseconds by name. Null where there is none.</summary>
    private static async Task<string?> Torch(int threads, Dictionary<string, List<double>> times)
    {
        var script = Path.Combine(Report.Root(), "benchmarks", "Dure.Bench", "Learn", "neural_peer.py");
        var start = new ProcessStartInfo("/usr/bin/python3", [script, threads.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["OMP_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
        try
        {
            using var process = Process.Start(start)!; // no shell, so it is a process of ours
            var errors = process.StandardError.ReadToEndAsync();
            string? blas = null;
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.Split(' ', 2) is [var name, var rest] && times.TryGetValue(name, out var list))
                    list.Add(double.Parse(rest, CultureInfo.InvariantCulture));
                else
                    blas = line;
            }
            await process.WaitForExitAsync();
            await errors;
            return process.ExitCode == 0 ? blas : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // no Python here
        }
    }
}

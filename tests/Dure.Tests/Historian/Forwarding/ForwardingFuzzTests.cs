using System.Text;
using Dure.Historian.Files;
using Dure.Historian.Forwarding;
using Dure.Historian.Modbus;
using Dure.Historian.Sources;
using Dure.Kernel;
using Dure.Native;
using Xunit;

namespace Dure.Tests.Historian.Forwarding;

/// <summary>Random and mutated bytes into what a gateway reads: they end in samples or in a named refusal, never in anything else.</summary>
public sealed class ForwardingFuzzTests : IDisposable
{
    private const string Settings = """{"gateway":"gw","sources":[{"name":"a","kind":"modbus","template":"p/{name}","settings":{"host":"h","registers":["x 40001 int16"]},"items":{"x":{"unit":"bar","deadband":0.5,"maxInterval":60}}}]}""";
    private static readonly ISourceKind[] Kinds = [new ModbusKind(), new FolderKind()];
    private readonly string folder = Directory.CreateTempSubdirectory("dure-fuzz-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Mutated_gateway_settings_are_read_or_refused_by_name() => FuzzSettings(20_000, seed: 1);

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_million_mutated_gateway_settings_are_read_or_refused_by_name() => FuzzSettings(1_000_000, seed: 2);

    [Fact]
    public Task A_mutated_spool_gives_whole_batches_or_a_named_refusal() => FuzzSpool(400, seed: 3);

    [Fact]
    [Trait("Speed", "Slow")]
    public Task A_spool_mutated_many_times_gives_whole_batches_or_a_named_refusal() => FuzzSpool(20_000, seed: 4);

    [Fact]
    public Task A_mutated_Parquet_file_gives_samples_or_a_named_refusal() => FuzzParquet(100, seed: 5);

    [Fact]
    [Trait("Speed", "Slow")]
    public Task A_Parquet_file_mutated_many_times_gives_samples_or_a_named_refusal() => FuzzParquet(5_000, seed: 6);

    private static void FuzzSettings(int inputs, int seed)
    {
        var random = new Random(seed);
        var good = Encoding.UTF8.GetBytes(Settings);
        for (var i = 0; i < inputs; i++)
        {
            var bytes = Mutated(good, random);
            try
            {
                var settings = GatewaySettings.Parse(bytes, "gateway.json", Kinds);
                foreach (var source in settings.Sources)
                    source.Kind.Create(source.Settings, TimeProvider.System);
            }
            catch (ProblemException refused)
            {
                Assert.True(refused.Problem.Mend.Length > 0, $"seed {seed}, input {i}");
            }
        }
    }

    private async Task FuzzSpool(int inputs, int seed)
    {
        var random = new Random(seed);
        await using (var spool = Open())
        {
            for (var i = 0; i < 30; i++)
                await spool.Append(new byte[random.Next(1, 60)], i, Cancel);
        }
        var file = Directory.GetFiles(folder, "*.spool").Single();
        var good = await File.ReadAllBytesAsync(file, Cancel);
        for (var i = 0; i < inputs; i++)
        {
            await File.WriteAllBytesAsync(file, Mutated(good, random), Cancel);
            try
            {
                await using var spool = Open();
                var expected = 1L;
                for (IReadOnlyList<SpooledBatch> read; (read = spool.Read(expected, long.MaxValue, 100)).Count > 0;)
                {
                    foreach (var batch in read)
                        Assert.Equal(expected++, batch.Sequence);
                }
                Assert.Equal(expected, await spool.Append(new byte[5], 1, Cancel));
            }
            catch (ProblemException refused)
            {
                Assert.Equal("urn:dure:gateway:damaged-spool", refused.Problem.Type);
            }
            foreach (var other in Directory.GetFiles(folder, "*.spool").Where(other => other != file))
                File.Delete(other);
        }
    }

    private async Task FuzzParquet(int inputs, int seed)
    {
        var random = new Random(seed);
        var file = Path.Combine(folder, "x.parquet");
        using (var db = DuckDb.Open(null, new DuckDbLimits()))
            db.Execute($"COPY (SELECT i AS time, i * 0.5 AS Pressure, i % 7 AS Step FROM range(3000) t(i)) TO {DuckDb.Quoted(file)} (FORMAT parquet)");
        var good = await File.ReadAllBytesAsync(file, Cancel);
        for (var i = 0; i < inputs; i++)
        {
            await File.WriteAllBytesAsync(file, Mutated(good, random), Cancel);
            try
            {
                await foreach (var batch in ParquetSamples.Read(file, AssetId.Parse("plant/pump1"), "tester", _ => Task.CompletedTask, Cancel))
                    Assert.True(batch.Blocks.Count <= 2);
            }
            catch (ProblemException refused)
            {
                Assert.Equal("urn:dure:historian:bad-parquet", refused.Problem.Type);
            }
        }
    }

    /// <summary>A few bytes changed, a stretch cut, doubled or replaced by noise.</summary>
    private static byte[] Mutated(byte[] good, Random random)
    {
        var bytes = (byte[])good.Clone();
        for (var i = random.Next(4); i >= 0; i--)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        var (from, length) = (random.Next(bytes.Length), random.Next(1, 20));
        return random.Next(5) switch
        {
            0 => bytes[..from],
            1 => [.. bytes[..from], .. bytes.Skip(from + length)],
            2 => [.. bytes, .. bytes[from..]],
            _ => bytes,
        };
    }

    private Spool Open() => Spool.Open(folder, new SpoolOptions(), TimeProvider.System);
}

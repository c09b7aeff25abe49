using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Learn;

namespace Dure.Node.Runs;

/// <summary>The node's own scores of a model's held-out rows, kept as a blob so that any device's can be compared with them later.</summary>
/// <remarks>The blob: per machine, length of its path (4, little-endian), the path in UTF-8, number of rows (4), then times (8 each, µs) and scores (8 each).</remarks>
internal static class HeldOutScores
{
    public const string EntryKind = "held-out-scored";
    private const long MaxBytes = 1L << 30;

    public static async Task Keep(Journal journal, BlobStore blobs, ModelVersion model, TrainingResult result, string actor, CancellationToken cancel)
    {
        if (TryFind(journal, model) is not null)
            return;
        var bytes = Encode(result.Machines);
        var body = Lineage.Of(model.Entry).With(new Artefact("held-out-scores", model.Name + ".scores", blobs.Put(bytes), bytes.Length)).Into(new JsonObject { ["model"] = model.Version.ToString() });
        await journal.Append(EntryKind, model.Name, body, actor, cancel);
    }

    /// <summary>Time and score of every held-out row, by machine.</summary>
    /// <exception cref="ProblemException">The model was trained without keeping them.</exception>
    public static Dictionary<AssetId, (long[] Times, double[] Scores)> Load(Journal journal, BlobStore blobs, ModelVersion model)
    {
        var entry = TryFind(journal, model)
            ?? throw new ProblemException("urn:dure:node:no-such-scores", "The node kept no scores of this model's held-out rows.", $"model {model.Version.Short}", "Train it again on this node.");
        return Decode(blobs.Read(Lineage.From(entry).Artefacts.Single().Hash, MaxBytes));
    }

    private static JournalEntry? TryFind(Journal journal, ModelVersion model) =>
        journal.Read(model.Entry.Index).FirstOrDefault(entry => entry.Kind == EntryKind && entry.Body["model"]?.GetValue<string>() == model.Version.ToString());

    private static byte[] Encode(IReadOnlyList<TrainedMachine> machines)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (var machine in machines)
        {
            var path = Encoding.UTF8.GetBytes(machine.Asset.Path);
            writer.Write(path.Length);
            writer.Write(path);
            writer.Write(machine.HeldOutScores.Length);
            foreach (var time in machine.Rows.HeldOutTimes)
                writer.Write(time);
            foreach (var score in machine.HeldOutScores)
                writer.Write(score);
        }
        writer.Flush();
        return bytes.ToArray();
    }

    private static Dictionary<AssetId, (long[], double[])> Decode(ReadOnlySpan<byte> bytes)
    {
        var machines = new Dictionary<AssetId, (long[], double[])>();
        while (!bytes.IsEmpty)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            var asset = AssetId.Parse(Encoding.UTF8.GetString(bytes.Slice(4, length)));
            bytes = bytes[(4 + length)..];
            var rows = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            bytes = bytes[4..];
            var (times, scores) = (new long[rows], new double[rows]);
            for (var i = 0; i < rows; i++)
            {
                times[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes[(8 * i)..]);
                scores[i] = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * (rows + i))..]);
            }
            machines[asset] = (times, scores);
            bytes = bytes[(16 * rows)..];
        }
        return machines;
    }
}

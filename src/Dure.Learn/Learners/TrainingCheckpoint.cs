using System.Security.Cryptography;

namespace Dure.Learn.Learners;

/// <summary>
/// Where a long training keeps how far it is, so that one that was cut off goes on from there and ends in the same model. A state that was damaged
/// or belongs to another training counts as none.
/// </summary>
/// <param name="path">The file; its folder is there.</param>
/// <param name="every">How often a state is kept at most.</param>
public sealed class TrainingCheckpoint(string path, TimeSpan every, TimeProvider time)
{
    private const int HashBytes = 32;
    /// <summary>A larger state is not read again.</summary>
    internal const long MostBytes = 1L << 30;

    private long last = time.GetTimestamp();

    /// <summary>Whether it is time to keep a state again.</summary>
    public bool IsDue => time.GetElapsedTime(last) >= every;

    /// <summary>The newest state of a training; null when there is none of it.</summary>
    /// <param name="training">Hash of all that the training hangs on: learner, rows, seed.</param>
    public byte[]? Load(ReadOnlySpan<byte> training)
    {
        if (!File.Exists(path) || new FileInfo(path).Length is < 2 * HashBytes or > MostBytes)
            return null;
        var file = File.ReadAllBytes(path);
        var body = file.AsSpan(HashBytes);
        return SHA256.HashData(body).AsSpan().SequenceEqual(file.AsSpan(0, HashBytes)) && body[..HashBytes].SequenceEqual(training) ? body[HashBytes..].ToArray() : null;
    }

    /// <summary>Keeps a state in place of the one before; a fall in between leaves one of the two.</summary>
    /// <param name="training">As in <see cref="Load"/>.</param>
    public void Save(ReadOnlySpan<byte> training, ReadOnlySpan<byte> state)
    {
        last = time.GetTimestamp();
        try
        {
            Write([.. training, .. state]);
        }
        catch (IOException)
        {
            // A full disk must not end a training that would do without.
        }
    }

    private void Write(byte[] body)
    {
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(SHA256.HashData(body));
            file.Write(body);
            file.Flush(flushToDisk: true);
        }
        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Removes what was kept, when the training has ended.</summary>
    public void Clear() => File.Delete(path);
}

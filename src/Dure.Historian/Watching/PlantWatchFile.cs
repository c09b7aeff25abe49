using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Dure.Kernel;

namespace Dure.Historian.Watching;

internal readonly record struct SavedWatch(SignalId Signal, SignalWatch Watch);

/// <summary>
/// The file of saved watches. Head: the letters DUREWTCH, version (4 bytes, little-endian), size of a state (4). Then per signal: length of
/// its path (4), path in UTF-8, the state, number of findings (4), the findings, a count per kind, and the CRC-32C of all of that (4).
/// The states are as this build lays them out; another build's size or version is not read. Reading stops at the first damage.
/// </summary>
internal static class PlantWatchFile
{
    private const int HeadBytes = 16;
    private const int MaxRecordBytes = 1 << 16;

    public static void Write(string path, IEnumerable<SavedWatch> watches)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            file.Write(Head());
            foreach (var watch in watches)
                file.Write(Record(watch));
            file.Flush(flushToDisk: true);
        }
        File.Move(fresh, path, overwrite: true);
    }

    public static IEnumerable<SavedWatch> Read(string path)
    {
        if (!File.Exists(path))
            yield break;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        var head = new byte[HeadBytes];
        if (file.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false) < HeadBytes || !head.AsSpan().SequenceEqual(Head()))
            yield break;
        while (ReadRecord(file) is { } watch)
            yield return watch;
    }

    private static byte[] Head()
    {
        var head = new byte[HeadBytes];
        "DUREWTCH"u8.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), WatchState.Version);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), Unsafe.SizeOf<WatchState>() + Unsafe.SizeOf<SignalFinding>() << 16);
        return head;
    }

    private static byte[] Record(SavedWatch saved)
    {
        var (state, findings, counts) = saved.Watch.Parts();
        var name = Encoding.UTF8.GetBytes(saved.Signal.Path);
        var body = new List<byte>(2048);
        body.AddRange(BitConverter.GetBytes(name.Length));
        body.AddRange(name);
        body.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<WatchState>(in state)));
        body.AddRange(BitConverter.GetBytes(findings.Count));
        foreach (var finding in findings)
            body.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<SignalFinding>(in finding)));
        foreach (var count in counts)
            body.AddRange(BitConverter.GetBytes(count));
        var record = new byte[body.Count + 8];
        BinaryPrimitives.WriteInt32LittleEndian(record, body.Count);
        body.CopyTo(record, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(body.Count + 4), Crc32C.Of(record.AsSpan(4, body.Count)));
        return record;
    }

    private static SavedWatch? ReadRecord(FileStream file)
    {
        var number = new byte[4];
        if (file.ReadAtLeast(number, 4, throwOnEndOfStream: false) < 4)
            return null;
        var length = BinaryPrimitives.ReadInt32LittleEndian(number);
        if (length is < 0 or > MaxRecordBytes)
            return null;
        var body = new byte[length + 4];
        if (file.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) < body.Length
            || Crc32C.Of(body.AsSpan(0, length)) != BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(length)))
            return null;
        var rest = (ReadOnlySpan<byte>)body.AsSpan(0, length);
        var name = Encoding.UTF8.GetString(Take(ref rest, BinaryPrimitives.ReadInt32LittleEndian(Take(ref rest, 4))));
        var state = MemoryMarshal.Read<WatchState>(Take(ref rest, Unsafe.SizeOf<WatchState>()));
        var kept = BinaryPrimitives.ReadInt32LittleEndian(Take(ref rest, 4));
        var findings = MemoryMarshal.Cast<byte, SignalFinding>(Take(ref rest, kept * Unsafe.SizeOf<SignalFinding>())).ToArray();
        var counts = MemoryMarshal.Cast<byte, long>(rest).ToArray();
        return new SavedWatch(SignalId.Parse(name), SignalWatch.From(state, findings, counts));
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}

using System.Runtime.InteropServices;
using Dure.Learn.Learners;

namespace Dure.Learn.Registry;

/// <summary>What a model predicted for its test rows: by these two models of the same rows are compared.</summary>
/// <param name="Rows">The dataset's rows, in order.</param>
/// <param name="Truth">The label of each.</param>
/// <param name="Values">The prediction of each, output by output of a row.</param>
/// <param name="Clusters">Which rows hang together, by machine or stretch of time: they are drawn together; each its own number where none do.</param>
/// <remarks>As a file: number of rows (4, little-endian), of outputs (4), then rows, labels and clusters (4 each), values (8 each).</remarks>
public sealed record TestPredictions(int[] Rows, float[] Truth, double[] Values, int[] Clusters)
{
    private const int HeadBytes = 8;
    private const int RowBytes = 12;

    public byte[] Write()
    {
        using var file = new MemoryStream();
        file.Write(MemoryMarshal.AsBytes<int>([Rows.Length, Rows.Length == 0 ? 1 : Values.Length / Rows.Length]));
        file.Write(MemoryMarshal.AsBytes<int>(Rows));
        file.Write(MemoryMarshal.AsBytes<float>(Truth));
        file.Write(MemoryMarshal.AsBytes<int>(Clusters));
        file.Write(MemoryMarshal.AsBytes<double>(Values));
        return file.ToArray();
    }

    /// <exception cref="Kernel.ProblemException">The bytes are no such file.</exception>
    public static TestPredictions Read(ReadOnlySpan<byte> file)
    {
        ModelFile.Must(file.Length >= HeadBytes, "its test predictions are cut off");
        var (rows, outputs) = (MemoryMarshal.Read<int>(file), MemoryMarshal.Read<int>(file[4..]));
        ModelFile.Must(rows >= 0 && outputs >= 1 && file.Length == HeadBytes + (long)rows * (RowBytes + 8L * outputs), "its test predictions are cut off");
        var rest = file[HeadBytes..];
        return new([.. MemoryMarshal.Cast<byte, int>(rest[..(4 * rows)])], [.. MemoryMarshal.Cast<byte, float>(rest.Slice(4 * rows, 4 * rows))],
            [.. MemoryMarshal.Cast<byte, double>(rest[(RowBytes * rows)..])], [.. MemoryMarshal.Cast<byte, int>(rest.Slice(8 * rows, 4 * rows))]);
    }
}

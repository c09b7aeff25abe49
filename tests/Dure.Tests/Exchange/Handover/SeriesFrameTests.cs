using System.Text;
using Dure.Exchange.Catalog;
using Dure.Exchange.Handover.Live;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Exchange.Handover;

/// <summary>Pieces of series come out as they went in, and no bytes of a partner do more than be refused.</summary>
public sealed class SeriesFrameTests
{
    private static readonly byte[] Whole = SeriesFrame.Write(new SeriesPage([
        new SeriesRows("plant/pump/A", "bar", "pressure", false, new long[] { 1, 2, 3 }, new[] { 1.5, double.NaN, -0.0 }, new[] { Quality.Good, Quality.Bad, Quality.Uncertain }),
        new SeriesRows("plant/pump/B", "1", "", true, new long[] { 5 }, new[] { 1e-300 }, new[] { Quality.Good })], "12.34.5.6", true)).ToArray();

    [Fact]
    public void What_is_written_is_read_again() => Prop.ForAll<(long Time, double Value, byte Quality)[], bool>((samples, more) =>
    {
        var qualities = samples.Select(sample => double.IsFinite(sample.Value) ? (Quality)(sample.Quality % 3) : Quality.Bad).ToArray();
        var rows = new SeriesRows("plant/pump/A", "bar", "a pressure", true, samples.Select(sample => sample.Time).ToArray(), samples.Select(sample => sample.Value).ToArray(), qualities);
        var read = SeriesFrame.Read(SeriesFrame.Write(new SeriesPage([rows], "17", more)).Span);
        var one = read.Rows.Single();
        return read.Next == "17" && read.HasMore == more && one.Path == rows.Path && one.IsLabel && one.Description == rows.Description && one.TimesMicros.Span.SequenceEqual(rows.TimesMicros.Span)
            && one.Qualities.Span.SequenceEqual(qualities) && one.Values.ToArray().Zip(rows.Values.ToArray(), (a, b) => double.IsFinite(b) ? a.Equals(b) : double.IsNaN(a)).All(same => same);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_are_read_or_refused_in_words() => Prop.ForAll<byte[]>(bytes => IsReadOrRefused(bytes)).QuickCheckThrowOnFailure();

    [Fact]
    public void A_piece_with_any_byte_changed_is_read_or_refused_in_words()
    {
        for (var at = 0; at < Whole.Length; at++)
            foreach (var other in (byte[])[0, (byte)'"', (byte)'[', (byte)'}', (byte)'9', (byte)'-', 0xFF])
            {
                var bytes = Whole.ToArray();
                bytes[at] = other;
                Assert.True(IsReadOrRefused(bytes));
            }
        for (var length = 0; length < Whole.Length; length++)
            Assert.Throws<ProblemException>(() => SeriesFrame.Read(Whole.AsSpan(0, length)));
    }

    [Theory]
    [InlineData("""{"more":false,"signals":[]}""", "next")]
    [InlineData("""{"next":"1","signals":[{"signal":"a/b","unit":"1","times":[1,2],"values":[1]}]}""", "columns")]
    [InlineData("""{"next":"1","signals":[{"signal":"a/b","unit":"1","times":[1.5],"values":[1]}]}""", "JSON")]
    [InlineData("""{"next":"1","signals":[{"signal":"a/b","unit":"1","times":[1],"values":["x"]}]}""", "values")]
    [InlineData("""{"next":"1","signals":[{"signal":"a/b","unit":"1","times":[1],"values":[1],"qualities":"X"}]}""", "letters")]
    [InlineData("""{"next":"1","signals":[{"unit":"1","times":[1],"values":[1]}]}""", "no name")]
    [InlineData("""{"next":"1","signals":[]} {}""", "JSON")]
    public void What_is_wrong_is_named(string piece, string word) => Assert.Contains(word, Assert.Throws<ProblemException>(() => SeriesFrame.Read(Encoding.UTF8.GetBytes(piece))).Problem.What, StringComparison.Ordinal);

    [Theory]
    [InlineData("plant/pump", "plant/pump/A", true)]
    [InlineData("plant/pump/A", "plant/pump/A", true)]
    [InlineData("plant/pum", "plant/pump/A", false)]
    [InlineData("plant/*/A", "plant/pump/A", true)]
    [InlineData("plant/*/A", "plant/line/pump/A", false)]
    [InlineData("plant/**/A", "plant/line/pump/A", true)]
    [InlineData("**/A", "A", true)]
    [InlineData("**", "plant/pump/A", true)]
    [InlineData("*/p*p", "plant/pump/A", true)]
    [InlineData("*/p*x", "plant/pump/A", false)]
    [InlineData("plant/pump/A/x", "plant/pump/A", false)]
    public void A_pattern_stands_for_signals(string pattern, string path, bool fits) => Assert.Equal(fits, new SeriesSelection { Patterns = [pattern] }.Includes(path));

    private static bool IsReadOrRefused(byte[] bytes)
    {
        try
        {
            SeriesFrame.Read(bytes);
        }
        catch (ProblemException refused)
        {
            return refused.Problem.Type == "urn:dure:exchange:bad-series";
        }
        return true;
    }
}

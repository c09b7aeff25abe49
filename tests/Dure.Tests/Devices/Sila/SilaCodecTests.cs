using Dure.Devices.Sila;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Devices.Sila;

public sealed class SilaCodecTests
{
    private static readonly SilaFeature Feature = FeatureReader.Read(MadeFeature.Xml);
    private static readonly SilaCodec Codec = new(Feature.Types);

    [Fact]
    public void A_basic_value_is_a_message_in_its_field()
    {
        var bytes = Codec.Write(Feature.Command("React").Parameters, SilaValue.Of(("Temperature", new SilaValue.Real(1)), ("Solvent", new SilaValue.Text("water"))));
        Assert.Equal("0A0909000000000000F03F" + "12070A057761746572", Convert.ToHexString(bytes));
    }

    [Fact]
    public void Lists_structures_and_defined_types_come_back_as_they_were_written()
    {
        var values = MadeValues(new Random(5));
        var elements = Feature.Command("Echo").Parameters;
        var bytes = Codec.Write(elements, values);
        Assert.Equal(bytes, Codec.Write(elements, Codec.Read(elements, bytes)));
        var vial = (SilaValue.Structure)((SilaValue.List)Codec.Read(elements, bytes)["Vials"]).Items[0];
        Assert.Equal(((SilaValue.Structure)((SilaValue.List)values["Vials"]).Items[0])["Mass"], vial["Mass"]);
        Assert.Equal(values["At"], Codec.Read(elements, bytes)["At"]);
    }

    [Fact]
    public void Missing_unknown_and_mistyped_values_are_refused()
    {
        var elements = Feature.Command("React").Parameters;
        Assert.Contains("missing", Assert.Throws<ProblemException>(() => Codec.Write(elements, SilaValue.Structure.Empty)).Message, StringComparison.Ordinal);
        Assert.Contains("missing", Assert.Throws<ProblemException>(() => Codec.Read(elements, [])).Message, StringComparison.Ordinal);
        Assert.Throws<ProblemException>(() => Codec.Write(elements, SilaValue.Of(("Temperature", new SilaValue.Text("warm")), ("Solvent", new SilaValue.Text("water")))));
        Assert.Throws<ProblemException>(() => Codec.Write(elements, SilaValue.Of(("Temperature", new SilaValue.Real(1)), ("Solvent", new SilaValue.Text("water")), ("Speed", new SilaValue.Real(1)))));
    }

    [Fact]
    public void A_message_of_countless_empty_values_is_refused_before_it_fills_the_memory()
    {
        var bytes = new byte[4_000_000];
        for (var i = 0; i < bytes.Length; i += 2)
            bytes[i] = 0x0a; // field 1, empty
        SilaElement[] elements = [new("Items", "", "", new SilaType.List(new SilaType.Structure([.. Enumerable.Range(1, 500).Select(i => new SilaElement($"E{i}", "", "", new SilaType.List(new SilaType.Basic(SilaBasic.Real))))])))];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ProblemException>(() => Codec.Read(elements, bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000_000);
    }

    [Fact]
    public void Random_and_mutated_bytes_are_read_or_refused() => Mutate(20_000);

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_million_mutated_messages_are_read_or_refused() => Mutate(1_000_000);

    private static void Mutate(int count)
    {
        var random = new Random(11);
        var elements = Feature.Command("Echo").Parameters;
        var original = Codec.Write(elements, MadeValues(random));
        for (var i = 0; i < count; i++)
        {
            var bytes = (byte[])original.Clone();
            if (i % 4 == 0)
                random.NextBytes(bytes);
            for (var j = random.Next(1, 5); j > 0; j--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Codec.Read(elements, bytes.AsSpan(0, random.Next(bytes.Length + 1)));
                SilaFramework.ReadInfo(bytes);
            }
            catch (ProblemException)
            {
                // the documented refusal
            }
            SilaException.TryRead(Convert.ToBase64String(bytes));
        }
    }

    internal static SilaValue.Structure MadeValues(Random random) => SilaValue.Of(
        ("Vials", new SilaValue.List([.. Enumerable.Range(0, 3).Select(i => SilaValue.Of(
            ("Barcode", new SilaValue.Text($"vial-ä{i}")), ("Mass", new SilaValue.Real(random.NextDouble())),
            ("Opened", new SilaValue.List([.. Enumerable.Range(0, i).Select(day => new SilaValue.Date(new DateOnly(2026, 2, 1 + day), TimeSpan.FromHours(9)))]))))])),
        ("Raw", new SilaValue.Binary(new byte[] { 0, 1, 255 })),
        ("At", new SilaValue.Timestamp(new DateTimeOffset(2026, 3, 4, 5, 6, 7, 89, TimeSpan.FromHours(-3.5)))));
}

using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Dure.Historian.Modbus;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian.Modbus;

public sealed class ModbusFrameTests
{
    private const int Inputs = 20_000;
    private const int ManyInputs = 1_000_000;

    [Fact]
    public void Random_and_mutated_answers_give_an_answer_or_a_named_fault_never_an_exception() => Fuzz(Inputs, seed: 11);

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_million_random_and_mutated_answers_never_throw() => Fuzz(ManyInputs, seed: 12);

    [Fact]
    public void Only_the_whole_right_answer_passes()
    {
        var read = Holding(10, 2);
        byte[] good = [0, 7, 0, 0, 0, 7, 1, 3, 4, 0x41, 0x20, 0, 0];
        Assert.Equal([0x41, 0x20, 0, 0], Assert.IsType<ModbusAnswer.Data>(ModbusFrame.Parse(good, 7, 1, read)).Bytes);
        for (var cut = 0; cut < good.Length; cut++)
            Assert.IsType<ModbusAnswer.Broken>(ModbusFrame.Parse(good.AsSpan(0, cut), 7, 1, read));
        for (var place = 0; place < 9; place++)
        {
            var wrong = (byte[])good.Clone();
            wrong[place] ^= 1;
            Assert.IsType<ModbusAnswer.Broken>(ModbusFrame.Parse(wrong, 7, 1, read));
        }
    }

    [Theory]
    [InlineData(WordOrder.ABCD, new byte[] { 0x12, 0x34, 0x56, 0x78 })]
    [InlineData(WordOrder.CDAB, new byte[] { 0x56, 0x78, 0x12, 0x34 })]
    [InlineData(WordOrder.BADC, new byte[] { 0x34, 0x12, 0x78, 0x56 })]
    [InlineData(WordOrder.DCBA, new byte[] { 0x78, 0x56, 0x34, 0x12 })]
    public void Each_word_order_reads_the_same_number(WordOrder order, byte[] sent)
    {
        var register = new ModbusRegister(1, "x", ModbusTable.Holding, 5, ModbusType.UInt32, Order: order);
        Assert.Equal(((double)0x12345678, Quality.Good), ModbusValue.Read(register, sent, 5));
    }

    [Fact]
    public void Every_type_reads_back_what_a_device_would_send() => Prop.ForAll<double, long, int>((real, whole, small) =>
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, real);
        var isFinite = double.IsFinite(real);
        Assert.Equal((isFinite ? real : double.NaN, isFinite ? Quality.Good : Quality.Bad), Value(ModbusType.Float64, bytes));
        BinaryPrimitives.WriteInt64BigEndian(bytes, whole);
        Assert.Equal((double)whole, Value(ModbusType.Int64, bytes).Value);
        BinaryPrimitives.WriteInt16BigEndian(bytes, (short)small);
        Assert.Equal((short)small, Value(ModbusType.Int16, bytes).Value);
        Assert.Equal((ushort)small, Value(ModbusType.UInt16, bytes).Value);
        Assert.Equal(small & 1, Value(ModbusType.Bit, bytes).Value);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_whole_number_that_a_double_cannot_hold_is_uncertain()
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, long.MaxValue);
        Assert.Equal(Quality.Uncertain, Value(ModbusType.Int64, bytes).Quality);
    }

    [Fact]
    public void A_register_list_is_read_with_orders_scales_units_and_comments()
    {
        var registers = RegisterLines.Parse("# pump 1\nPressure 40101 float32 CDAB 0.1 -2 bar # gauge\n\nOpen coil:3 bool\nAlarm input:7 bit 12\nLevel holding:9 int16 %\n");
        Assert.Equal(
        [
            new(2, "Pressure", ModbusTable.Holding, 100, ModbusType.Float32, 0, WordOrder.CDAB, 0.1, -2, "bar"),
            new(4, "Open", ModbusTable.Coil, 3, ModbusType.Bool),
            new(5, "Alarm", ModbusTable.Input, 7, ModbusType.Bit, 12),
            new ModbusRegister(6, "Level", ModbusTable.Holding, 9, ModbusType.Int16, Unit: "%"),
        ], registers);
    }

    [Theory]
    [InlineData("a holding:1", "2 words")]
    [InlineData("a holding:70000 int16", "not an address")]
    [InlineData("a 40000 int16", "not an address")]
    [InlineData("a 17 int16", "not an address")]
    [InlineData("a holding:65535 int32", "ends at address 65536")]
    [InlineData("a coil:1 int16", "one bit")]
    [InlineData("a holding:1 int24", "not a type")]
    [InlineData("a holding:1 bit", "number of the bit")]
    [InlineData("a holding:1 bit 16", "number of the bit")]
    [InlineData("a holding:1 int16 0", "not 0")]
    [InlineData("a holding:1 int16 1 0 bar more", "one word too many")]
    [InlineData("b holding:1 int16\nb holding:2 int16", "stands in line 2 already")]
    [InlineData("", "names no value")]
    public void A_bad_register_line_is_named_with_what_is_wrong(string line, string named)
    {
        var refused = Assert.Throws<ProblemException>(() => RegisterLines.Parse("\n" + line));
        Assert.Contains(named, refused.Problem.What, StringComparison.Ordinal);
        Assert.Contains("line", refused.Problem.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_as_register_list_or_settings_gives_values_or_a_named_refusal() => Prop.ForAll<NonNull<string>>(text =>
    {
        foreach (var list in new[] { text.Get, $"a holding:1 int16 {text.Get}", $"{text.Get} holding:1 float32" })
        {
            try
            {
                Assert.NotEmpty(RegisterLines.Parse(list));
            }
            catch (ProblemException)
            {
                // The documented answer.
            }
        }
        Assert.Throws<ProblemException>(() => new ModbusKind().Create(new JsonObject { ["host"] = text.Get, ["registers"] = "a holding:1 int16", ["port"] = $"x{text.Get}" }, TimeProvider.System));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Joined_requests_keep_the_protocols_limits_and_hold_every_value_whole() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var gap = random.Next(0, 20);
        var registers = Enumerable.Range(0, random.Next(1, 300)).Select(i =>
        {
            var table = (ModbusTable)random.Next(1, 5);
            var type = table is ModbusTable.Coil or ModbusTable.Discrete ? ModbusType.Bool : (ModbusType)random.Next(0, 9);
            return new ModbusRegister(i + 1, $"r{i}", table, random.Next(0, 3000), type);
        }).ToList();
        var plan = ReadPlan.Of(registers, gap);
        Assert.Equal(registers.Count, plan.Sum(read => read.Registers.Count));
        Assert.All(plan, read =>
        {
            Assert.InRange(read.Count, 1, read.IsBits ? 2000 : 125);
            Assert.All(read.Registers, register => Assert.True(register.Table == read.Table && register.Address >= read.Start && register.End <= read.Start + read.Count));
        });
    }).QuickCheckThrowOnFailure();

    private static void Fuzz(int inputs, int seed)
    {
        var random = new Random(seed);
        var buffer = new byte[300];
        for (var i = 0; i < inputs; i++)
        {
            var read = random.Next(2) == 0 ? Holding(random.Next(65_000), random.Next(1, 126)) : new ModbusRead(ModbusTable.Coil, 0, random.Next(1, 2001), []);
            var length = random.Next(4) == 0 ? random.Next(buffer.Length) : Right(read, buffer);
            if (random.Next(2) == 0)
                random.NextBytes(buffer.AsSpan(0, length));
            for (var spoiled = random.Next(4); spoiled > 0 && length > 0; spoiled--)
                buffer[random.Next(length)] = (byte)random.Next(256);
            var answer = ModbusFrame.Parse(buffer.AsSpan(0, length), 513, 1, read);
            Assert.True(answer is not ModbusAnswer.Data data || data.Bytes.Length == read.DataBytes, $"seed {seed}, input {i}");
            Assert.True(answer is not ModbusAnswer.Broken broken || broken.What.Length > 0);
        }
    }

    private static int Right(ModbusRead read, byte[] buffer)
    {
        var length = Math.Min(9 + read.DataBytes, buffer.Length);
        Array.Clear(buffer);
        (buffer[0], buffer[1], buffer[5], buffer[6], buffer[7], buffer[8]) = (2, 1, (byte)(3 + read.DataBytes), 1, (byte)read.Table, (byte)read.DataBytes);
        return length;
    }

    private static ModbusRead Holding(int start, int count) => new(ModbusTable.Holding, start, count, []);

    private static (double Value, Quality Quality) Value(ModbusType type, ReadOnlySpan<byte> bytes) => ModbusValue.Read(new ModbusRegister(1, "x", ModbusTable.Input, 0, type), bytes, 0);
}

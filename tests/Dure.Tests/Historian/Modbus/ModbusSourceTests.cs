using Dure.Historian.Modbus;
using Dure.Historian.Sources;
using Dure.Kernel;
using Dure.Tests.Historian.Sources;
using Xunit;

namespace Dure.Tests.Historian.Modbus;

public sealed class ModbusSourceTests
{
    private const string TwoRegisters = "Pressure holding:100 float32 0.1 0 bar\nSpeed holding:104 uint16";

    [Fact]
    public async Task Values_come_with_scale_unit_and_the_time_of_the_answer()
    {
        await using var device = new TestModbusDevice();
        device.SetFloat(100, 52.5f);
        device.Holding[104] = 1480;
        var desk = new TestDesk();
        var before = Micros.Of(TimeProvider.System.GetUtcNow());
        await desk.RunUntil(Source(device, TwoRegisters), seen => seen.Samples.Count >= 4);
        Assert.Equal(["Pressure", "Speed", "Pressure", "Speed"], desk.Samples.Take(4).Select(sample => sample.Name));
        Assert.Equal(5.25, desk.Samples[0].Value);
        Assert.Equal((1480.0, Quality.Good), (desk.Samples[1].Value, desk.Samples[1].Quality));
        Assert.InRange(desk.Samples[0].Time, before, Micros.Of(TimeProvider.System.GetUtcNow()));
        Assert.Equal(SourceState.Connected, desk.Reports[^1].State);
        Assert.Equal(["bar", null], desk.Items.Select(item => item.Unit));
    }

    [Fact]
    public async Task Values_that_lie_near_each_other_come_with_one_request()
    {
        await using var device = new TestModbusDevice();
        device.Coils[3] = true;
        var desk = new TestDesk();
        await desk.RunUntil(Source(device, TwoRegisters + "\nOpen coil:3 bool\nShut coil:9 bool"), seen => seen.Samples.Count >= 4);
        Assert.Equal([(1, 3, 7), (3, 100, 5)], device.Asked.Take(2));
        Assert.Equal([1.0, 0.0], desk.Samples.Take(2).Select(sample => sample.Value));
    }

    [Fact]
    public async Task A_hole_between_two_values_costs_neither()
    {
        await using var device = new TestModbusDevice();
        device.Holes.Add(103);
        device.Holding[104] = 7;
        var desk = new TestDesk();
        await desk.RunUntil(Source(device, TwoRegisters), seen => seen.Samples.Count(sample => sample.Name == "Speed") >= 3);
        Assert.All(desk.Samples, sample => Assert.Equal(Quality.Good, sample.Quality));
        Assert.Equal([(3, 100, 5), (3, 100, 2), (3, 104, 1), (3, 100, 2), (3, 104, 1)], device.Asked.Take(5));
        Assert.DoesNotContain(desk.Reports, report => report.Problem?.Type == "urn:dure:modbus:refused");
    }

    [Fact]
    public async Task An_illegal_address_names_its_line_gives_bad_quality_and_leaves_the_others_alone()
    {
        await using var device = new TestModbusDevice();
        device.Holes.Add(104);
        var desk = new TestDesk();
        await desk.RunUntil(Source(device, TwoRegisters), seen => seen.Samples.Count >= 4);
        Assert.All(desk.Samples, sample => Assert.Equal(sample.Name == "Speed" ? Quality.Bad : Quality.Good, sample.Quality));
        Assert.All(desk.Samples.Where(sample => sample.Name == "Speed"), sample => Assert.Equal(double.NaN, sample.Value));
        var problem = Assert.Single(desk.Reports, report => report.Problem is not null).Problem!;
        Assert.Contains("line 2", problem.Where, StringComparison.Ordinal);
        Assert.Contains("illegal address", problem.What, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Manners { get; } = new()
    {
        { "cut", "closed the connection in the middle" },
        { "transaction", "is to request" },
        { "protocol", "protocol 9" },
        { "length", "1000 bytes" },
        { "short", "were asked for" },
        { "unit", "Unit 99 answers" },
        { "function", "function 4" },
        { "nothing", "closed the connection" },
    };

    [Theory]
    [MemberData(nameof(Manners))]
    public async Task A_device_that_breaks_the_protocol_is_told_in_words_and_read_again_once_it_behaves(string manner, string named)
    {
        await using var device = new TestModbusDevice { Manner = (number, answer) => number == 3 ? Spoil(manner, answer) : answer };
        var desk = new TestDesk();
        await desk.RunUntil(Source(device, TwoRegisters), seen => seen.Samples.Count(sample => sample.Quality == Quality.Good) >= 12);
        var loss = Assert.Single(desk.Reports, report => report.State == SourceState.Retrying);
        Assert.Contains(named, loss.Problem!.What, StringComparison.Ordinal);
        Assert.Equal(2, device.Connections);
        // Two good rounds, one sample of bad quality each, then good ones again.
        Assert.Equal([Quality.Good, Quality.Good, Quality.Bad, Quality.Good], desk.Samples.Where(sample => sample.Name == "Speed").Take(4).Select(sample => sample.Quality));
    }

    [Fact]
    public async Task A_device_that_hangs_is_given_up_after_the_timeout()
    {
        await using var device = new TestModbusDevice { Pace = number => number == 2 ? Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken) : Task.CompletedTask };
        var desk = new TestDesk();
        await desk.RunUntil(Source(device, TwoRegisters, timeout: 1), seen => seen.Samples.Count(sample => sample.Quality == Quality.Good) >= 6);
        Assert.Contains("does not answer within 1 s", Assert.Single(desk.Reports, report => report.State == SourceState.Retrying).Problem!.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_device_is_never_asked_twice_at_once_and_the_missed_rounds_are_told()
    {
        var (under, most) = (0, 0);
        await using var device = new TestModbusDevice();
        device.Pace = async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref under));
            await Task.Delay(45, TestContext.Current.CancellationToken);
            Interlocked.Decrement(ref under);
        };
        var desk = new TestDesk();
        var source = Source(device, TwoRegisters, period: 0.01);
        await desk.RunUntil(source, seen => seen.Samples.Count >= 8);
        Assert.Equal(1, most);
        Assert.True(source.SkippedRounds >= 4, $"{source.SkippedRounds} rounds were left out");
        Assert.Contains(desk.Reports, report => report.Problem?.Type == "urn:dure:modbus:slow");
    }

    [Fact]
    public async Task Without_a_device_the_source_says_so_and_invents_nothing()
    {
        int port;
        await using (var gone = new TestModbusDevice())
            port = gone.Port;
        var desk = new TestDesk();
        await desk.RunUntil(Source(port, TwoRegisters), seen => seen.Reports.Any(report => report.State == SourceState.Retrying));
        Assert.Empty(desk.Samples);
        Assert.Equal("urn:dure:modbus:no-device", desk.Reports[^1].Problem!.Type);
    }

    [Fact]
    public async Task A_desk_that_refuses_is_told_and_the_reading_goes_on()
    {
        await using var device = new TestModbusDevice();
        var left = 3;
        var desk = new TestDesk { OnDeliver = _ => { if (left-- > 0) throw new ProblemException("urn:dure:test:full", "The disk is full.", "here", "Wait."); } };
        await desk.RunUntil(Source(device, TwoRegisters), seen => seen.Samples.Count > 0 && seen.Reports[^1].Problem is null);
        Assert.Contains(desk.Reports, report => report.Problem?.Type == "urn:dure:test:full");
        Assert.Equal(1, device.Connections);
    }

    private static byte[]? Spoil(string manner, byte[] answer)
    {
        switch (manner)
        {
            case "cut": return answer[..^3];
            case "nothing": return null;
            case "transaction": answer[1] ^= 0x40; return answer;
            case "protocol": answer[3] = 9; return answer;
            case "length": (answer[4], answer[5]) = (1000 >> 8, 1000 & 0xff); return answer;
            case "short": answer[5] -= 2; answer[8] -= 2; return answer[..^2];
            case "unit": answer[6] = 99; return answer;
            case "function": answer[7] = 4; return answer;
            default: throw new ArgumentException(manner, nameof(manner));
        }
    }

    private static ModbusSource Source(TestModbusDevice device, string registers, double period = 0.01, double timeout = 5) => Source(device.Port, registers, period, timeout);

    private static ModbusSource Source(int port, string registers, double period = 0.01, double timeout = 5) => new(
        new ModbusSettings("127.0.0.1", port, 1, TimeSpan.FromSeconds(period), TimeSpan.FromSeconds(timeout), Gap: 8, RegisterLines.Parse(registers)),
        TimeProvider.System, new Backoff(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(50), new Random(1)));
}

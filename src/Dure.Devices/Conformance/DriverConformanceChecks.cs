using Dure.Kernel;

namespace Dure.Devices.Conformance;

public sealed partial class DriverConformance
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private async Task RunsOnce(string rule, CancellationToken cancel)
    {
        await using var driver = await bench.Connect(cancel);
        var (key, before) = (NextKey(), await bench.Executions(cancel));
        Require(await driver.Query(key, cancel) is ActionStatus.NotKnown, rule, "A key that was never given is not answered with 'not known'.");
        var answer = await driver.Start(bench.Request(key), cancel);
        Require(answer is StartAnswer.Accepted, rule, $"A valid request is answered with {answer}.");
        var status = await End(driver, key, cancel);
        Require(status is ActionStatus.Done { Results.Count: > 0 }, rule, $"It ended as {status}.");
        Require(await bench.Executions(cancel) == before + 1, rule, $"The device executed {await bench.Executions(cancel) - before} times.");
        Require(await driver.State(cancel) == InstrumentState.Idle, rule, "Afterwards the device is not said to be idle.");
    }

    private async Task RepeatsNothing(string rule, CancellationToken cancel)
    {
        await using var driver = await bench.Connect(cancel);
        var (key, before) = (NextKey(), await bench.Executions(cancel));
        await driver.Start(bench.Request(key), cancel);
        var first = await End(driver, key, cancel);
        for (var i = 0; i < 3; i++)
            Require(await driver.Start(bench.Request(key), cancel) is not StartAnswer.Refused, rule, "A repeated key is refused, as if it had never run.");
        var again = await End(driver, key, cancel);
        Require(first is ActionStatus.Done one && again is ActionStatus.Done two && one.Results.All(result => two.Results.TryGetValue(result.Key, out var same) && same == result.Value), rule, $"The answers differ: {first}, {again}.");
        Require(await bench.Executions(cancel) == before + 1, rule, $"The device executed {await bench.Executions(cancel) - before} times.");
    }

    private async Task RefusesBeforeSending(string rule, CancellationToken cancel)
    {
        await using var driver = await bench.Connect(cancel);
        var (good, before) = (bench.Request(NextKey()), await bench.Executions(cancel));
        var (name, number) = good.Parameters.Where(pair => pair.Value is ActionValue.Number).Select(pair => (pair.Key, (ActionValue.Number)pair.Value)).First();
        var field = driver.Description.Action(good.Action).Parameters.First(parameter => parameter.Name == name);
        ActionRequest With(string parameter, ActionValue value) => good with { Parameters = new Dictionary<string, ActionValue>(good.Parameters, StringComparer.Ordinal) { [parameter] = value } };
        foreach (var (bad, what) in (IEnumerable<(ActionRequest, string)>)
        [
            (With(name, number with { Value = double.NaN }), "not a number"),
            (With(name, number with { Value = double.NegativeInfinity }), "minus infinity"),
            (With(name, number with { Value = field.High + 1 }), "above its range"),
            (With(name, number with { Value = field.Low - 1 }), "below its range"),
            (With(name, number with { Unit = "furlong" }), "in another unit"),
            (With("nobodyKnowsThis", number), "an unknown parameter"),
            (good with { Parameters = good.Parameters.Where(pair => pair.Key != name).ToDictionary() }, "a missing parameter"),
            (good with { Action = "nobodyKnowsThis" }, "an unknown action"),
            (good with { Key = "a/../b" }, "an unusable key"),
        ])
            Require(await driver.Start(bad, cancel) is StartAnswer.Refused, rule, $"The driver does not refuse: {what}.");
        Require(await driver.Query(good.Key, cancel) is ActionStatus.NotKnown, rule, "A refused key is known to the device.");
        Require(await bench.Executions(cancel) == before, rule, "Something was executed.");
        Require(double.IsFinite(field.High) && double.IsFinite(field.Low), rule, $"The description gives no limits of {name}, so nothing can be refused.");
    }

    private async Task SurvivesLostReply(string rule, CancellationToken cancel)
    {
        var (key, before) = (NextKey(), await bench.Executions(cancel));
        await using (var driver = await bench.Connect(cancel))
        {
            await bench.Inject(DeviceFault.DropReply, cancel);
            var answer = await driver.Start(bench.Request(key), cancel);
            Require(answer is StartAnswer.Unknown, rule, $"The lost answer is told as {answer}.");
            await bench.Inject(DeviceFault.None, cancel);
            Require(await driver.Start(bench.Request(key), cancel) is not StartAnswer.Refused, rule, "The repeated key is refused, as if it had never been sent.");
            var status = await End(driver, key, cancel);
            Require(driver.CanAnswerByKey ? status is ActionStatus.Done or ActionStatus.Unknown : status is ActionStatus.Unknown, rule, $"Afterwards the driver says {status}.");
        }
        await using var later = await bench.Connect(cancel);
        await bench.Settle(cancel);
        await later.Start(bench.Request(key), cancel);
        await bench.Settle(cancel);
        Require(await bench.Executions(cancel) - before == 1, rule, $"The device executed {await bench.Executions(cancel) - before} times.");
    }

    private async Task SurvivesDriverRestart(string rule, CancellationToken cancel)
    {
        var (key, before) = (NextKey(), await bench.Executions(cancel));
        await using (var driver = await bench.Connect(cancel))
            await driver.Start(bench.Request(key), cancel);
        await using var later = await bench.Connect(cancel);
        Require(await later.Start(bench.Request(key), cancel) is not StartAnswer.Refused, rule, "The repeated key is refused, as if it had never run.");
        var status = await End(later, key, cancel);
        Require(later.CanAnswerByKey ? status is ActionStatus.Done : status is ActionStatus.Done or ActionStatus.Unknown, rule, $"After the restart the driver says {status}.");
        await bench.Settle(cancel);
        await later.Start(bench.Request(key), cancel); // now that nothing else keeps the device from it
        await bench.Settle(cancel);
        Require(await bench.Executions(cancel) - before == 1, rule, $"The device executed {await bench.Executions(cancel) - before} times.");
    }

    private async Task SurvivesDeviceRestart(string rule, CancellationToken cancel)
    {
        var (key, before) = (NextKey(), await bench.Executions(cancel));
        await using var driver = await bench.Connect(cancel);
        await driver.Start(bench.Request(key), cancel);
        await bench.Restart(cancel);
        await driver.Start(bench.Request(key), cancel);
        var status = await End(driver, key, cancel);
        await bench.Settle(cancel);
        Require(status is ActionStatus.Unknown or ActionStatus.Failed or ActionStatus.Done, rule, $"After the device's restart the driver says {status}.");
        await bench.Settle(cancel);
        Require(await bench.Executions(cancel) - before == 1, rule, $"The device executed {await bench.Executions(cancel) - before} times.");
        var next = NextKey();
        var answer = await driver.Start(bench.Request(next), cancel);
        Require(answer is StartAnswer.Accepted && await End(driver, next, cancel) is ActionStatus.Done, rule, $"After the device's restart nothing can be begun: {answer}.");
    }

    private async Task TimesOut(string rule, CancellationToken cancel)
    {
        await using var driver = await bench.Connect(cancel);
        var (key, before) = (NextKey(), await bench.Executions(cancel));
        await bench.Inject(DeviceFault.Hang, cancel);
        Require(await InTime(driver.Start(bench.Request(key), cancel), rule, "start") is StartAnswer.Unknown, rule, "A start without an answer is not told as unknown.");
        Require(await InTime(driver.State(cancel), rule, "state") == InstrumentState.Unknown, rule, "A state without an answer is not told as unknown.");
        Require(!await InTime(driver.Stop(isEmergency: true, cancel), rule, "stop"), rule, "A stop without an answer is told as confirmed.");
        Require(await InTime(driver.Query(key, cancel), rule, "query") is ActionStatus.Unknown or ActionStatus.NotKnown, rule, "A query without an answer is not told as unknown.");
        await bench.Inject(DeviceFault.None, cancel);
        Require(await bench.Executions(cancel) == before, rule, "What hung was executed later.");
    }

    private async Task Cancels(string rule, CancellationToken cancel)
    {
        await using var driver = await bench.Connect(cancel);
        await bench.Inject(DeviceFault.Hang, cancel);
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var call = driver.State(soon.Token);
        await soon.CancelAsync();
        try
        {
            await InTime(call, rule, "a cancelled call");
            findings.Add(new ConformanceFinding(rule, "A cancelled call ended as if it had not been cancelled."));
        }
        catch (OperationCanceledException)
        {
            // as promised
        }
    }

    private async Task RefusesResults(string rule, CancellationToken cancel)
    {
        await using var driver = await bench.Connect(cancel);
        foreach (var fault in new[] { DeviceFault.NotANumber, DeviceFault.WrongUnit }.Where(bench.CanShow))
        {
            await bench.Inject(fault, cancel);
            var key = NextKey();
            await driver.Start(bench.Request(key), cancel);
            var status = await End(driver, key, cancel);
            Require(status is ActionStatus.Failed, rule, $"With the fault {fault} the driver says {status}.");
        }
    }

    private async Task SurvivesGarbage(string rule, CancellationToken cancel)
    {
        await using var driver = await bench.Connect(cancel);
        foreach (var fault in (IEnumerable<DeviceFault>)[DeviceFault.Garbage, DeviceFault.DuplicateReply, DeviceFault.Delay])
        {
            var (key, before) = (NextKey(), await bench.Executions(cancel));
            await bench.Inject(fault, cancel);
            await driver.Start(bench.Request(key), cancel);
            var disturbed = await End(driver, key, cancel);
            Require(fault != DeviceFault.Garbage || disturbed is not ActionStatus.Done, rule, "Garbage was taken for results.");
            await bench.Inject(DeviceFault.None, cancel);
            await bench.Settle(cancel);
            Require(await bench.Executions(cancel) - before <= 1, rule, $"With {fault} the device executed {await bench.Executions(cancel) - before} times.");
        }
    }

    private async Task WithstandsLies(string rule, CancellationToken cancel)
    {
        await using var driver = await bench.Connect(cancel);
        var before = await bench.Executions(cancel);
        await bench.Inject(DeviceFault.LieReady, cancel);
        var (first, second) = (NextKey(), NextKey());
        await driver.Start(bench.Request(first), cancel);
        var answer = await driver.Start(bench.Request(second), cancel);
        await bench.Inject(DeviceFault.None, cancel);
        await bench.Settle(cancel);
        var executed = await bench.Executions(cancel) - before;
        Require(executed <= (answer is StartAnswer.Refused ? 1 : 2), rule, $"Two keys, the second answered with {answer}, were executed {executed} times.");
    }

    private async Task Stops(string rule, CancellationToken cancel)
    {
        await using var driver = await bench.Connect(cancel);
        var key = NextKey();
        await driver.Start(bench.Request(key), cancel);
        if (await InTime(driver.Stop(isEmergency: true, cancel), rule, "stop"))
        {
            await bench.Settle(cancel);
            Require(await End(driver, key, cancel) is not ActionStatus.Running, rule, "After a confirmed stop the action is said to run on.");
        }
    }

    /// <summary>Asks until it no longer runs; gives up after a few times the patience.</summary>
    private async Task<ActionStatus> End(IInstrument driver, string key, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            var status = await driver.Query(key, cancel);
            if (status is not ActionStatus.Running || time.GetElapsedTime(begun) > 3 * bench.Patience)
                return status;
            await Task.Delay(BetweenLooks, time, cancel);
        }
    }

    private async Task<T> InTime<T>(Task<T> call, string rule, string what)
    {
        var begun = time.GetTimestamp();
        var answer = await call;
        Require(time.GetElapsedTime(begun) <= bench.Patience, rule, $"A {what} took {time.GetElapsedTime(begun).TotalSeconds:0.0} s.");
        return answer;
    }
}

using Dure.Mqtt.Server.Store;

namespace Dure.Mqtt.Server;

/// <summary>What the server keeps over restarts.</summary>
public sealed partial class MqttServer
{
    /// <summary>Starts the log anew with what is alive, so that it does not grow with what was.</summary>
    /// <remarks>Done by itself when the log has grown; does nothing without a data folder.</remarks>
    public Task Compact(CancellationToken cancel) => Log?.Compact(WriteState, cancel) ?? Task.CompletedTask;

    private async Task WriteState(CancellationToken cancel)
    {
        foreach (var session in Sessions.All())
        {
            session.WriteAll();
            await Log!.SyncAll(cancel);
        }
        Retained.WriteAll(Log!, Time.GetUtcNow());
    }

    private async Task Restore(string folder, CancellationToken cancel)
    {
        var replay = new LogReplay(folder, Routes);
        await Task.Run(replay.Read, cancel);
        foreach (var message in replay.Retained)
            Retained.TryPut(message, out _);
        Log = new SessionLog(new GroupCommitFile(folder, replay.Segment, replay.Length), replay.LastSession, replay.LastMessage);
        Retained.Log = Log;
        var now = Time.GetUtcNow();
        foreach (var kept in replay.Sessions)
        {
            var session = new Session(kept.ClientId, kept.Owner, Options, Log, Time, Counters);
            foreach (var subscription in session.Restore(kept, now))
                Tree.Put(subscription);
            Sessions.Restore(session);
        }
        if (replay.CutBytes > 0)
            Recovery = $"MQTT sessions recovered: {replay.Sessions.Count} sessions, {Retained.Count} retained messages; {replay.CutBytes} torn bytes were cut.";
    }
}

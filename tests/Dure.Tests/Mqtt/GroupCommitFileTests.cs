using System.Reflection;
using Dure.Mqtt.Server.Store;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Dure.Tests.Mqtt;

public sealed class GroupCommitFileTests : IDisposable
{
    private static readonly FieldInfo handle = typeof(GroupCommitFile).GetField("file", BindingFlags.Instance | BindingFlags.NonPublic)!;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dure-mqtt-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task After_a_write_that_failed_nothing_counts_as_safe_before_it_is_on_the_disk()
    {
        await using var file = new GroupCommitFile(folder.FullName, 1, 0);
        var good = (SafeFileHandle)handle.GetValue(file)!;
        using var bad = File.OpenHandle(GroupCommitFile.PathOf(folder.FullName, 1), FileMode.Open, FileAccess.Read, FileShare.ReadWrite); // what is written here fails
        handle.SetValue(file, bad);
        await Assert.ThrowsAnyAsync<Exception>(() => file.Sync(Append(file, "first"), Cancel).AsTask());
        handle.SetValue(file, good);
        var second = Append(file, "second");
        await file.Sync(second, Cancel);
        Assert.Equal(second, file.Durable);
        Assert.Equal("firstsecond", await Text(1));
    }

    [Fact]
    public async Task A_segment_that_cannot_be_opened_leaves_the_log_going_on_in_the_old_one()
    {
        await using var file = new GroupCommitFile(folder.FullName, 1, 0);
        var inTheWay = Directory.CreateDirectory(GroupCommitFile.PathOf(folder.FullName, 2));
        Assert.ThrowsAny<Exception>(file.StartSegment);
        await file.Sync(Append(file, "one"), Cancel);
        inTheWay.Delete();
        file.StartSegment();
        await file.Sync(Append(file, "two"), Cancel);
        Assert.Equal(("one", "two"), (await Text(1), await Text(2)));
    }

    private static long Append(GroupCommitFile file, string text)
    {
        lock (file.Gate)
        {
            var mark = file.Filling.Length;
            file.Filling.Write(System.Text.Encoding.UTF8.GetBytes(text));
            return file.Appended(mark);
        }
    }

    private async Task<string> Text(int segment)
    {
        await using var stream = new FileStream(GroupCommitFile.PathOf(folder.FullName, segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Cancel);
    }
}

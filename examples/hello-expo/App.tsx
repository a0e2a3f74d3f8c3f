import * as Updates from 'expo-updates';
import { useState } from 'react';
import { Image, Pressable, StyleSheet, Text, View } from 'react-native';

import { greeting } from './greeting';

export default function App() {
  const { isUpdatePending } = Updates.useUpdates();
  const [busy, setBusy] = useState(false);
  const [status, setStatus] = useState('');

  /** Asks the server and downloads what it offers: a new update or a return to the embedded one. */
  async function checkForUpdate() {
    setStatus('Checking…');
    const check = await Updates.checkForUpdateAsync();
    if (!check.isAvailable && !check.isRollBackToEmbedded) {
      setStatus('You have the newest version.');
      return;
    }
    setStatus('Downloading…');
    const fetched = await Updates.fetchUpdateAsync();
    if (fetched.isRollBackToEmbedded) {
      setStatus('Ready to return to the built-in version.');
    } else if (fetched.isNew) {
      setStatus('The update is ready.');
    } else {
      setStatus('You have the newest version.');
    }
  }

  async function onPress() {
    setBusy(true);
    try {
      if (isUpdatePending) {
        await Updates.reloadAsync();
      } else {
        await checkForUpdate();
      }
    } catch (error) {
      setStatus(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }

  const disabled = busy || !Updates.isEnabled;

  return (
    <View style={styles.screen}>
      <Image source={require('./assets/updraft.png')} style={styles.logo} />
      <Text style={styles.greeting}>{greeting}</Text>

      <View style={styles.facts}>
        <Fact name="Update" value={Updates.updateId} />
        <Fact name="Channel" value={Updates.channel} />
        <Fact name="Runtime version" value={Updates.runtimeVersion} />
        <Fact name="Started from" value={Updates.isEmbeddedLaunch ? 'the app binary' : 'a download'} />
      </View>

      <Pressable
        accessibilityRole="button"
        disabled={disabled}
        onPress={onPress}
        style={({ pressed }) => [styles.button, (pressed || disabled) && styles.buttonDimmed]}>
        <Text style={styles.buttonText}>{isUpdatePending ? 'Restart to apply' : 'Check for update'}</Text>
      </Pressable>
      <Text accessibilityLiveRegion="polite" style={styles.status}>
        {Updates.isEnabled ? status : 'Updates are off in this build.'}
      </Text>
    </View>
  );
}

function Fact({ name, value }: { name: string; value: string | null }) {
  return (
    <View style={styles.fact}>
      <Text style={styles.factName}>{name}</Text>
      <Text selectable style={styles.factValue}>
        {value || 'none'}
      </Text>
    </View>
  );
}

const styles = StyleSheet.create({
  screen: {
    flex: 1,
    alignItems: 'center',
    justifyContent: 'center',
    padding: 24,
    backgroundColor: '#f5f8fc',
  },
  logo: { width: 96, height: 96 },
  greeting: { marginTop: 20, fontSize: 26, fontWeight: '700', color: '#10233f' },
  facts: { alignSelf: 'stretch', marginVertical: 28, gap: 12 },
  fact: { alignItems: 'center' },
  factName: { fontSize: 12, color: '#5b6b82' },
  factValue: { fontSize: 14, color: '#10233f' },
  button: { paddingHorizontal: 24, paddingVertical: 14, borderRadius: 12, backgroundColor: '#1f6fe5' },
  buttonDimmed: { opacity: 0.5 },
  buttonText: { fontSize: 16, fontWeight: '600', color: '#ffffff' },
  status: { minHeight: 20, marginTop: 14, textAlign: 'center', color: '#5b6b82' },
});

//! The channels of applications, with their secrets.

use model::{AppId, Channel, ChannelType, Credentials};

use crate::{Expect, Store, StoreError, Stored, put};

impl Store {
    /// How channel `kind` of `app` is set; `None` if it is not.
    ///
    /// # Errors
    /// The backend failed or the record is damaged.
    pub async fn channel(
        &self,
        app: &AppId,
        kind: ChannelType,
    ) -> Result<Option<Stored<Channel>>, StoreError> {
        self.of::<Channel>().get(app.as_str(), kind.as_str()).await
    }

    /// Every channel that `app` has set.
    ///
    /// # Errors
    /// The backend failed or a record is damaged.
    pub async fn channels(&self, app: &AppId) -> Result<Vec<Stored<Channel>>, StoreError> {
        let most = ChannelType::ALL.len();
        let page = self.of::<Channel>().list(app.as_str(), None, most).await?;
        Ok(page.items)
    }

    /// Whether `app` sends on `kind`: it set the channel and did not disable it, or everybody has
    /// it.
    ///
    /// # Errors
    /// The backend failed or the record is damaged.
    pub async fn is_channel_enabled(
        &self,
        app: &AppId,
        kind: ChannelType,
    ) -> Result<bool, StoreError> {
        if kind.is_always_on() {
            return Ok(true);
        }
        let channel = self.channel(app, kind).await?;
        Ok(channel.is_some_and(|channel| channel.enabled))
    }

    /// The secrets that `channel` names.
    ///
    /// # Errors
    /// The backend failed, or the secrets are damaged.
    pub async fn channel_credentials(&self, channel: &Channel) -> Result<Credentials, StoreError> {
        if channel.credentials.is_empty() {
            return Ok(Credentials::default());
        }
        let name = secret_name(&channel.app, channel.kind);
        let Some(text) = self.secrets.get(&name).await? else {
            return Ok(Credentials::default());
        };
        // The parser's words could quote the secret.
        let mut all: Credentials =
            serde_json::from_slice(&text).map_err(|_| StoreError::Damaged {
                what: format!("secret {name}"),
                reason: "it does not read".to_owned(),
            })?;
        all.0.retain(|kind, _| channel.credentials.contains(kind));
        Ok(all)
    }

    /// Keeps `channel` together with the secrets that it names from now on; `expect` as in
    /// [`crate::Documents::commit`]. Secrets and settings are two writes, so changes of one
    /// channel must follow one another.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the expectation does not hold.
    pub async fn put_channel(
        &self,
        channel: &Channel,
        credentials: &Credentials,
        expect: Expect,
    ) -> Result<(), StoreError> {
        if !credentials.0.is_empty() {
            let text = serde_json::to_vec(credentials).map_err(|_| StoreError::Damaged {
                what: format!("secrets of {}", channel.kind),
                reason: "they do not encode".to_owned(),
            })?;
            let name = secret_name(&channel.app, channel.kind);
            self.secrets.put(&name, &text).await?;
        }
        self.documents.commit(vec![put(channel, expect)?]).await
    }

    /// Forgets a channel and its secrets.
    ///
    /// # Errors
    /// The backend failed; then secrets that nothing names may be left, which
    /// [`Store::forget_channel_secrets`] removes.
    pub async fn delete_channel(&self, app: &AppId, kind: ChannelType) -> Result<(), StoreError> {
        let channels = self.of::<Channel>();
        channels.delete(app.as_str(), kind.as_str()).await?;
        self.secrets.delete(&secret_name(app, kind)).await
    }

    /// Forgets the secrets of all channels of `app`.
    ///
    /// # Errors
    /// The backend failed; some may be left.
    pub async fn forget_channel_secrets(&self, app: &AppId) -> Result<(), StoreError> {
        for kind in ChannelType::CONFIGURABLE {
            self.secrets.delete(&secret_name(app, *kind)).await?;
        }
        Ok(())
    }
}

fn secret_name(app: &AppId, kind: ChannelType) -> String {
    format!("channel/{app}/{kind}")
}
